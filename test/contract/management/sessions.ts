import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { z } from "zod";
import { Tokens } from "../../../api/types/auth.ts";
import { SessionList } from "../../../api/types/sessions.ts";
import { failed, ok, password } from "../../support/management.ts";
import type { Contract } from "../contract.ts";

export const sessions: Contract = (management) =>
  suite("/api/v1/users/me/sessions", () => {
    const path = "/api/v1/users/me/sessions";

    test("GET 200: every sign-in, with where it came from, and which is this one", async () => {
      const { member, nobody } = management();
      const person = await member();
      const login = { login: person.tokens.user.username, password };
      const headers = { "user-agent": "a phone" };
      const other = ok(
        await nobody.ask("POST", "/api/v1/auth/login", { body: login, headers }),
        Tokens,
      );
      const { items, total } = ok(await person.get(path), SessionList);
      assert.equal(total, 2);
      const current = items.filter((session) => session.current).map(({ id }) => id);
      assert.deepEqual(current, [person.tokens.session_id]);
      const phone = items.find(({ id }) => id === other.session_id);
      assert.deepEqual([phone?.user_agent, phone?.ip], ["a phone", "127.0.0.1"]);
    });

    test("DELETE 200: the session ends at once", async () => {
      const { member, nobody, as } = management();
      const person = await member();
      const login = { login: person.tokens.user.username, password };
      const other = as(ok(await nobody.post("/api/v1/auth/login", login), Tokens));
      ok(await person.delete(`${path}/${other.tokens.session_id}`), z.null());
      failed(await other.get(path), "auth.session_revoked");
      assert.equal(ok(await person.get(path), SessionList).total, 1);
    });

    test("DELETE 404: somebody else's session, which lives on", async () => {
      const { member } = management();
      const [one, two] = [await member(), await member()];
      failed(await one.delete(`${path}/${two.tokens.session_id}`), "resource.not_found");
      assert.equal(ok(await two.get(path), SessionList).total, 1);
    });
  });
