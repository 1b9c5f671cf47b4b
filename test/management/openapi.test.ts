import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { suite, test } from "node:test";
import { z } from "zod";
import { resources } from "../../api/handler/resources.ts";
import { documentedPath } from "../../api/handler/route.ts";
import { useManagement } from "../support/management.ts";

const Reference = z.strictObject({ $ref: z.string() });
const Operation = z.looseObject({
  operationId: z.string(),
  tags: z.array(z.string()).length(1),
  summary: z.string().min(1),
  parameters: z
    .array(
      z.looseObject({
        name: z.string(),
        in: z.enum(["path", "query"]),
        required: z.boolean(),
        schema: z.unknown(),
      }),
    )
    .default([]),
  security: z.array(z.record(z.string(), z.array(z.string()))).optional(),
  responses: z.record(
    z.string().regex(/^(?:[1-5]\d\d|default)$/),
    z.looseObject({ description: z.string().min(1) }),
  ),
});
const Document = z.strictObject({
  openapi: z.literal("3.1.0"),
  info: z.looseObject({ title: z.string(), version: z.string() }),
  servers: z.array(z.looseObject({ url: z.string() })),
  components: z.looseObject({
    schemas: z.record(z.string().regex(/^[\w.-]+$/), z.looseObject({})),
    securitySchemes: z.record(z.string(), z.looseObject({ type: z.string() })),
  }),
  paths: z.record(
    z.string().startsWith("/"),
    z.partialRecord(z.enum(["get", "post", "patch", "delete"]), Operation),
  ),
  webhooks: z.strictObject({}).optional(),
});
type Document = z.infer<typeof Document>;

const operationsOf = (document: Document) =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
  );

suite("/openapi.json", () => {
  const management = useManagement();
  const read = async () => {
    const { status, json } = await management().nobody.get("/openapi.json");
    assert.equal(status, 200);
    return Document.parse(json);
  };

  test("it describes every route of the management API, and no other below it", async () => {
    const described = operationsOf(await read())
      .filter(({ path }) => path.startsWith("/api/"))
      .map(({ path, method }) => `${method} ${path}`);
    const served = Object.values(resources)
      .flat()
      .map(({ method, path }) => `${method} ${documentedPath(path)}`);
    assert.deepEqual(described.sort(), served.sort());
  });

  test("everything it describes is served, with just the methods it names", async () => {
    const { nobody } = management();
    for (const [path, item] of Object.entries((await read()).paths)) {
      const url = path.replaceAll(/\{\w+\}/g, "x");
      for (const method of Object.keys(item)) {
        const { status, json } = await nobody.ask(method.toUpperCase(), url);
        const code = (json as { error?: unknown }).error;
        assert.ok(status !== 405 && code !== "request.not_found", `${method} ${path}`);
      }
      assert.equal((await nobody.ask("PUT", url)).status, 405, `PUT ${path}`);
    }
  });

  test("every reference leads somewhere", async () => {
    const document = await read();
    const names = Object.keys(document.components.schemas);
    const text = JSON.stringify(document);
    const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, to]) => to);
    assert.ok(references.length > 0);
    for (const to of new Set(references)) {
      assert.ok(names.includes(String(to).replace("#/components/schemas/", "")), to);
    }
    Reference.parse({ $ref: references[0] });
  });

  test("operation ids are unique, and paths name exactly their parameters", async () => {
    const operations = operationsOf(await read());
    const ids = operations.map(({ operation }) => operation.operationId);
    assert.equal(new Set(ids).size, ids.length);
    for (const { path, operation } of operations) {
      const inPath = operation.parameters.filter((parameter) => parameter.in === "path");
      assert.ok(inPath.every(({ required }) => required));
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      assert.deepEqual(
        inPath.map(({ name }) => name),
        named,
        path,
      );
    }
  });

  test("every security requirement names a scheme", async () => {
    const document = await read();
    const schemes = Object.keys(document.components.securitySchemes);
    for (const { path, operation } of operationsOf(document)) {
      for (const scheme of (operation.security ?? []).flatMap(Object.keys)) {
        assert.ok(schemes.includes(scheme), `${path}: ${scheme}`);
      }
    }
  });

  test("it is written in 3.1: null is a type, and patterns are plain regular expressions", async () => {
    const text = JSON.stringify(await read());
    assert.ok(!text.includes('"nullable"'));
    for (const [, pattern = ""] of text.matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)) {
      const source: unknown = JSON.parse(pattern);
      assert.doesNotThrow(() => new RegExp(String(source), "u"));
      assert.doesNotMatch(String(source), /\/[a-z]*$/);
    }
  });
});

suite("/docs", () => {
  const management = useManagement();
  const read = async () => {
    const { status, headers, json } = await management().nobody.get("/docs");
    assert.equal(status, 200);
    return { headers, page: String(json) };
  };

  test("the page names every operation and every schema", async () => {
    const { page } = await read();
    const { json } = await management().nobody.get("/openapi.json");
    const document = Document.parse(json);
    for (const { operation } of operationsOf(document)) {
      assert.ok(page.includes(`<details id="${operation.operationId}">`), operation.operationId);
    }
    for (const name of Object.keys(document.components.schemas)) {
      assert.ok(page.includes(`id="schema-${name}"`), name);
    }
    assert.doesNotMatch(page, /undefined|\[object|Promise/);
  });

  test("every link on the page leads somewhere on this host", async () => {
    const { page } = await read();
    const targets = [...page.matchAll(/href="([^"]+)"/g)].map(([, href = ""]) => href);
    for (const href of new Set(targets)) {
      if (href.startsWith("#")) assert.ok(page.includes(`id="${href.slice(1)}"`), href);
      else assert.equal((await management().nobody.get(href)).status, 200, href);
    }
  });

  test("nothing runs or loads on the page but its own style", async () => {
    const { headers, page } = await read();
    assert.doesNotMatch(page, /<script|<img|<link|<iframe|style="|\son\w+=|https?:\/\//i);
    const [, style = ""] = /<style>([\s\S]*)<\/style>/.exec(page) ?? [];
    const hash = createHash("sha256").update(style).digest("base64");
    const policy = headers.get("content-security-policy") ?? "";
    assert.match(policy, /^default-src 'none'; /);
    assert.ok(policy.includes(`style-src 'sha256-${hash}'`), policy);
  });
});

suite("/.well-known/jwks.json", () => {
  const management = useManagement();

  test("the public half of the signing keys, and only that", async () => {
    const { status, headers, json } = await management().nobody.get("/.well-known/jwks.json");
    assert.equal(status, 200);
    assert.match(headers.get("content-type") ?? "", /^application\/jwk-set\+json/);
    const key = z.looseObject({ kty: z.literal("OKP"), kid: z.string(), alg: z.string() });
    const { keys } = z.strictObject({ keys: z.array(key).min(1) }).parse(json);
    for (const found of keys) assert.ok(!("d" in found), "the private half");
  });
});
