import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { z } from "zod";
import { Tokens } from "../../../api/types/auth.ts";
import { User } from "../../../api/types/users.ts";
import { refreshGraceMs } from "../../support/deployment.ts";
import { failed, ok, password } from "../../support/management.ts";
import type { Contract } from "../contract.ts";

const nothing = z.null();

const registering: Contract = (management) =>
  suite("POST /api/v1/auth/register", () => {
    test("201: the first account is the owner's, and is signed in", async () => {
      const { owner } = management();
      assert.equal(owner.tokens.user.role, "owner");
      assert.equal(ok(await owner.get("/api/v1/users/me"), User).username, "owner");
    });

    test("201: later accounts are members'", async () => {
      const { tokens } = await management().member();
      assert.equal(tokens.user.role, "member");
      assert.equal(tokens.user.status, "active");
      assert.ok(tokens.expires_in > 0 && Date.parse(tokens.expires_at) > Date.now());
      assert.ok(tokens.refresh_expires_at > tokens.expires_at);
    });

    const account = { username: "new", email: "new@example.com", password };
    const wrong: [string, Record<string, unknown>, string][] = [
      ["a short password", { ...account, password: "1234567" }, "password"],
      ["a password beyond 128 characters", { ...account, password: "x".repeat(129) }, "password"],
      ["no email address", { ...account, email: "new" }, "email"],
      ["an empty username", { ...account, username: "" }, "username"],
      ["no username", { email: "new@example.com", password }, "username"],
    ];
    for (const [name, body, field] of wrong) {
      test(`400: ${name}`, async () => {
        const answer = await management().nobody.post("/api/v1/auth/register", body);
        failed(answer, "request.invalid", field);
      });
    }

    test("409: a username or an email address that is taken", async () => {
      const { nobody } = management();
      const ask = (changes: object) =>
        nobody.post("/api/v1/auth/register", { ...account, ...changes });
      failed(await ask({ username: "owner" }), "user.username_taken");
      failed(await ask({ email: "owner@example.com" }), "user.email_taken");
    });
  });

const signingIn: Contract = (management) =>
  suite("POST /api/v1/auth/login", () => {
    const login = (body: object) => management().nobody.post("/api/v1/auth/login", body);

    for (const name of ["login", "username"]) {
      test(`200: with the username as ${name}`, async () => {
        assert.equal(ok(await login({ [name]: "owner", password }), Tokens).user.role, "owner");
      });
    }
    for (const name of ["login", "email"]) {
      test(`200: with the email address as ${name}`, async () => {
        const body = { [name]: "owner@example.com", password };
        assert.equal(ok(await login(body), Tokens).token_type, "Bearer");
      });
    }

    test("400: with none of the names, and with two", async () => {
      failed(await login({ password }), "request.invalid", "login");
      failed(await login({ login: "a", email: "a", password }), "request.invalid", "login");
      failed(await login({ login: "owner" }), "request.invalid", "password");
    });

    test("401: the same answer for an unknown user and for a wrong password", async () => {
      const unknown = failed(
        await login({ login: "nobody", password }),
        "auth.invalid_credentials",
      );
      const wrong = failed(
        await login({ login: "owner", password: "wrong password" }),
        "auth.invalid_credentials",
      );
      assert.equal(unknown.message, wrong.message);
    });

    test("403: a disabled account", async () => {
      const { owner, member } = management();
      const { tokens } = await member();
      ok(await owner.post(`/api/v1/users/${tokens.user.id}/disable`), User);
      failed(await login({ login: tokens.user.username, password }), "auth.user_disabled");
    });
  });

const refreshing: Contract = (management) =>
  suite("POST /api/v1/auth/refresh", () => {
    const refresh = (token: string) =>
      management().nobody.post("/api/v1/auth/refresh", { refresh_token: token });

    test("200: the next pair of tokens for the same session", async () => {
      const { tokens } = await management().member();
      const next = ok(await refresh(tokens.refresh_token), Tokens);
      assert.equal(next.session_id, tokens.session_id);
      assert.notEqual(next.refresh_token, tokens.refresh_token);
      ok(await management().as(next).get("/api/v1/users/me"), User);
    });

    test("200: of refreshes that race all get the one successor, and it works", async () => {
      const { member, as } = management();
      const { tokens } = await member();
      const racing = Array.from({ length: 4 }, () => refresh(tokens.refresh_token));
      const answers = (await Promise.all(racing)).map((answer) => ok(answer, Tokens));
      assert.equal(new Set(answers.map((next) => next.refresh_token)).size, 1);
      for (const next of answers) ok(await as(next).get("/api/v1/users/me"), User);
      ok(await refresh(answers[0]?.refresh_token ?? ""), Tokens);
    });

    test("401: a token used again after the grace ends the session for everybody", async () => {
      const { member, as } = management();
      const { tokens } = await member();
      const next = ok(await refresh(tokens.refresh_token), Tokens);
      await setTimeout(refreshGraceMs + 50);
      failed(await refresh(tokens.refresh_token), "auth.session_revoked");
      failed(await as(next).get("/api/v1/users/me"), "auth.session_revoked");
      failed(await refresh(next.refresh_token), "auth.session_revoked");
    });

    test("400: without a token", async () => {
      const answer = await management().nobody.post("/api/v1/auth/refresh", {});
      failed(answer, "request.invalid", "refresh_token");
    });

    test("401: a token that is not one", async () => {
      failed(await refresh("not-a-token"), "auth.token_invalid");
    });

    test("401: a token of a session that has ended", async () => {
      const person = await management().member();
      ok(await person.post("/api/v1/auth/logout"), nothing);
      const answer = await refresh(person.tokens.refresh_token);
      assert.equal(answer.status, 401);
    });
  });

const signingOut: Contract = (management) =>
  suite("POST /api/v1/auth/logout", () => {
    test("200: the access token stops working at once", async () => {
      const person = await management().member();
      ok(await person.post("/api/v1/auth/logout"), nothing);
      failed(await person.get("/api/v1/users/me"), "auth.session_revoked");
    });
  });

export const auth: readonly Contract[] = [registering, signingIn, refreshing, signingOut];
