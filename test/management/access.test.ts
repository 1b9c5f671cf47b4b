import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { z } from "zod";
import { resources } from "../../api/handler/resources.ts";
import { documentedPath, type Route } from "../../api/handler/route.ts";
import { IssuedApiKey } from "../../api/types/apikeys.ts";
import { exchangeBytes, isWhole, statusOf } from "../support/edge.ts";
import { failed, ok, type Person, useManagement } from "../support/management.ts";

const absent = "0198c1d2-7f3a-7c44-9c1b-3f1de2a4b001";
const pathOf = (route: Route) => documentedPath(route.path).replaceAll(/\{\w+\}/g, absent);
const nameOf = (route: Route) => `${route.method.toUpperCase()} ${documentedPath(route.path)}`;
const routes = Object.values(resources).flat();
const signedIn = routes.filter(({ level }) => level !== "public");

const ask = (person: Person, route: Route, asked = {}) =>
  person.ask(route.method.toUpperCase(), pathOf(route), asked);

suite("who the management API lets in", () => {
  const management = useManagement();

  for (const route of signedIn) {
    test(`${nameOf(route)} needs a token`, async () => {
      const answer = await ask(management().nobody, route);
      failed(answer, "auth.required");
      assert.equal(answer.headers.get("www-authenticate"), 'Bearer realm="apirouter"');
    });

    test(`${nameOf(route)} refuses a token that is not one`, async () => {
      const headers = { authorization: "Bearer eyJhbGciOiJub25lIn0.e30." };
      const answer = await ask(management().nobody, route, { headers });
      failed(answer, "auth.token_invalid");
      assert.match(answer.headers.get("www-authenticate") ?? "", /error="invalid_token"/);
    });
  }

  for (const route of signedIn.filter(({ level }) => level === "admin")) {
    test(`${nameOf(route)} is not for members`, async () => {
      failed(await ask(await management().member(), route), "auth.forbidden");
    });
  }

  test("an API key is no access token, and the answer says so", async () => {
    const { owner, nobody } = management();
    const { key } = ok(await owner.post("/api/v1/apikeys", { name: "k" }), IssuedApiKey, 201);
    const headers = { authorization: `Bearer ${key}` };
    const answer = await nobody.ask("GET", "/api/v1/users/me", { headers });
    assert.match(failed(answer, "auth.token_invalid").message, /API key/);
  });

  test("a token in another scheme is none", async () => {
    const { owner, nobody } = management();
    for (const authorization of [`Basic ${owner.token}`, owner.token, "Bearer", "Bearer a b"]) {
      const answer = await nobody.ask("GET", "/api/v1/users/me", { headers: { authorization } });
      failed(answer, "auth.required");
    }
  });
});

suite("what every route of the management API holds to", () => {
  const management = useManagement();

  for (const route of routes) {
    test(`${nameOf(route)} refuses a field that it does not know`, async () => {
      const { owner, nobody } = management();
      const person = route.level === "public" ? nobody : owner;
      const inQuery = route.source === "query";
      const path = inQuery ? `${pathOf(route)}?unheard_of=1` : pathOf(route);
      const asked = inQuery ? {} : { body: { unheard_of: 1 } };
      const answer = await person.ask(route.method.toUpperCase(), path, asked);
      failed(answer, "request.invalid", "unheard_of");
    });
  }

  for (const route of routes.filter(({ source }) => source === "body")) {
    test(`${nameOf(route)} reads a large body only from who has signed in`, async () => {
      const { owner, nobody } = management();
      const large = { body: { unheard_of: "x".repeat(65 * 1024) } };
      failed(await ask(nobody, route, large), "request.too_large");
      if (route.level === "public") return;
      failed(await ask(owner, route, large), "request.invalid", "unheard_of");
      const headers = { authorization: "Bearer eyJhbGciOiJub25lIn0.e30." };
      failed(await ask(nobody, route, { ...large, headers }), "auth.token_invalid");
    });
  }

  test("nobody may send a body beyond the limit of all", async () => {
    const { owner, router } = management();
    const headers = [
      "POST /api/v1/apikeys HTTP/1.1",
      "Host: a",
      `Authorization: Bearer ${owner.token}`,
      `Content-Length: ${32 * 1024 * 1024 + 1}`,
    ];
    const answer = await exchangeBytes(router.url, `${headers.join("\r\n")}\r\n\r\n`, isWhole);
    assert.equal(statusOf(answer), 413);
  });

  for (const route of routes.filter(({ path }) => path.includes("{"))) {
    test(`${nameOf(route)} does not find what is not there`, async () => {
      failed(await ask(management().owner, route), "resource.not_found");
    });
  }

  test("a list says how many there are and which page this is", async () => {
    const page = z.strictObject({
      items: z.array(z.unknown()),
      total: z.int(),
      page: z.literal(1),
      page_size: z.literal(20),
    });
    for (const path of ["users", "invites", "apikeys", "models", "channels"]) {
      ok(await management().owner.get(`/api/v1/${path}`), page);
    }
  });
});
