import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { ApiKey, IssuedApiKey } from "../../api/types/apikeys.ts";
import { User } from "../../api/types/users.ts";
import { exchangeBytes } from "../support/edge.ts";
import { failed, ok, password, useManagement } from "../support/management.ts";

const json = { "content-type": "application/json" };

suite("what the management API makes of a request", () => {
  const management = useManagement();
  const login = "/api/v1/auth/login";

  const brokenBodies: [string, string | Uint8Array<ArrayBuffer>][] = [
    ["cut off", '{"login":'],
    ["followed by more", '{"login":"a","password":"b"} x'],
    ["not in UTF-8", new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ["a list", "[]"],
    ["a text", '"text"'],
    ["null", "null"],
  ];
  for (const [name, raw] of brokenBodies) {
    test(`a body that is ${name} is refused`, async () => {
      const answer = await management().nobody.ask("POST", login, { raw, headers: json });
      failed(answer, "request.invalid", "body");
    });
  }

  const wrongTypes: Record<string, string>[] = [
    { "content-type": "text/plain" },
    { "content-type": "application/x-www-form-urlencoded" },
    { "content-type": "application/jsonp" },
    { ...json, "content-encoding": "gzip" },
  ];
  for (const headers of wrongTypes) {
    test(`a body sent as ${JSON.stringify(headers)} is an unsupported media type`, async () => {
      const answer = await management().nobody.ask("POST", login, { raw: "{}", headers });
      failed(answer, "request.unsupported_media_type");
    });
  }

  for (const host of ["localhost:99999", "1.2.3.4.5", "[::::]"]) {
    test(`the host ${host}, which no URL could have, is served like any other`, async () => {
      const { url } = management().router;
      const request = `GET /openapi.json HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
      assert.match(await exchangeBytes(url, request), /^HTTP\/1\.1 200 /);
    });
  }

  test("a content type may carry parameters", async () => {
    const raw = JSON.stringify({ login: "owner", password });
    const headers = { "content-type": "Application/JSON; charset=utf-8" };
    assert.equal((await management().nobody.ask("POST", login, { raw, headers })).status, 200);
  });

  test("everything that is wrong with a body is named at once", async () => {
    const answer = await management().nobody.post("/api/v1/auth/register", {
      username: 7,
      password: "short",
      extra: true,
    });
    const { details } = failed(answer, "request.invalid");
    assert.deepEqual(details.map(({ field }) => field).sort(), [
      "email",
      "extra",
      "password",
      "username",
    ]);
    assert.equal(details.find(({ field }) => field === "email")?.message, "is required");
  });

  test("a key named __proto__ is a key like any other", async () => {
    const raw = '{"login":"owner","password":"x","__proto__":{"username":"y"}}';
    const answer = await management().nobody.ask("POST", login, { raw, headers: json });
    failed(answer, "request.invalid", "__proto__");
  });

  test("a body cannot repeat what the path says", async () => {
    const { owner } = management();
    const answer = await owner.patch(`/api/v1/users/${owner.id}`, { id: "x", role: "owner" });
    failed(answer, "request.invalid", "id");
  });

  for (const text of ["a\u0000b", "a\u001bb", "a\nb"]) {
    test(`the control character in ${JSON.stringify(text)} is refused`, async () => {
      const answer = await management().owner.post("/api/v1/apikeys", { name: text });
      failed(answer, "request.invalid", "name");
    });
  }

  test("half of a surrogate pair is refused", async () => {
    const answer = await management().owner.ask("POST", "/api/v1/apikeys", {
      raw: '{"name":"\\ud800"}',
      headers: json,
    });
    failed(answer, "request.invalid", "name");
  });

  const wrongQueries: [string, string][] = [
    ["page=0", "page"],
    ["page=x", "page"],
    ["page=1.5", "page"],
    ["page=1&page=2", "page"],
    ["page=", "page"],
    ["page_size=101", "page_size"],
    ["page_size=0", "page_size"],
    ["status=unknown", "status"],
    ["pagesize=5", "pagesize"],
    ["name=%00", "name"],
  ];
  for (const [query, field] of wrongQueries) {
    test(`the query ${query} is refused`, async () => {
      failed(await management().owner.get(`/api/v1/apikeys?${query}`), "request.invalid", field);
    });
  }

  test("an action without a body takes an empty one", async () => {
    const { owner } = management();
    const key = ok(await owner.post("/api/v1/apikeys", { name: "k" }), IssuedApiKey, 201);
    for (const asked of [{}, { body: {} }]) {
      const answer = await owner.ask("POST", `/api/v1/apikeys/${key.id}/disable`, asked);
      assert.equal(ok(answer, ApiKey).status, "disabled");
    }
    ok(await owner.ask("POST", `/api/v1/apikeys/${key.id}/rotate`), IssuedApiKey);
  });

  test("an action without a body refuses fields", async () => {
    const { owner } = management();
    failed(await owner.post("/api/v1/auth/logout", { all: true }), "request.invalid", "all");
    ok(await owner.get("/api/v1/users/me"), User);
  });
});

suite("addresses and methods of the management API", () => {
  const management = useManagement();

  for (const path of ["/api/v1", "/api/v1/nothing", "/api/v2/users/me", "/api/v1/users/me/"]) {
    test(`${path} is not found`, async () => {
      failed(await management().owner.get(path), "request.not_found");
    });
  }

  const wrongMethods: [string, string, string][] = [
    ["PUT", "/api/v1/users/me", "GET, HEAD, PATCH"],
    ["DELETE", "/api/v1/users/me", "GET, HEAD, PATCH"],
    ["GET", "/api/v1/auth/login", "POST"],
    ["PUT", "/api/v1/models/a/b", "GET, HEAD, PATCH, DELETE"],
    ["POST", "/openapi.json", "GET, HEAD"],
  ];
  for (const [method, path, allow] of wrongMethods) {
    test(`${method} ${path} is told which methods there are`, async () => {
      const answer = await management().nobody.ask(method, path);
      failed(answer, "request.method_not_allowed");
      assert.equal(answer.headers.get("allow"), allow);
    });
  }

  test("failures are no more to be cached, framed or guessed at than successes", async () => {
    for (const path of ["/api/v1/users/me", "/api/v1/users", "/api/v1/nothing"]) {
      const { headers } = await management().nobody.get(path);
      assert.equal(headers.get("cache-control"), "no-store", path);
      assert.equal(headers.get("x-content-type-options"), "nosniff", path);
      assert.match(headers.get("content-security-policy") ?? "", /frame-ancestors 'none'/, path);
    }
  });

  test("HEAD answers as GET does, without a body", async () => {
    const { owner } = management();
    const answer = await owner.ask("HEAD", "/api/v1/users/me");
    assert.deepEqual([answer.status, answer.json], [200, ""]);
  });

  test("the root says what this is and where to read on", async () => {
    const { json } = await management().nobody.get("/");
    assert.deepEqual(Object.keys(json as object), ["name", "version", "docs", "openapi"]);
  });

  test("a request id that is sent in comes back", async () => {
    const headers = { "x-request-id": "given-by-the-client-1" };
    for (const path of ["/api/v1/users/me", "/api/v1/nothing", "/openapi.json"]) {
      const answer = await management().owner.ask("GET", path, { headers });
      assert.equal(answer.headers.get("x-request-id"), "given-by-the-client-1", path);
    }
  });
});
