import assert from "node:assert/strict";
import { after, before } from "node:test";
import { z } from "zod";
import { errorsOf } from "../../api/handler/openapi.ts";
import { resources } from "../../api/handler/resources.ts";
import { documentedPath, type Route } from "../../api/handler/route.ts";
import { Tokens } from "../../api/types/auth.ts";
import { type ErrorCode, errorCodes, isErrorCode } from "../../common/errors.ts";
import type { AllInOne } from "../../compose/all-in-one.ts";
import type { AllInOneConfig } from "../../compose/all-in-one-config.ts";
import { startTestRouter } from "./all-in-one.ts";

export const password = "correct horse battery staple";

const Envelope = z.strictObject({ code: z.int(), message: z.string(), data: z.unknown() });
const Failure = z.strictObject({
  code: z.int(),
  message: z.string().min(1),
  error: z.string(),
  request_id: z.string().min(1),
  details: z.array(z.strictObject({ field: z.string(), message: z.string() })),
});
type Failure = z.infer<typeof Failure>;

export interface Asked {
  readonly body?: unknown;
  /** Instead of `body`, as it is. */
  readonly raw?: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Record<string, string>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: unknown;
}

/** Somebody who uses the management API, with an access token or without. */
export interface Person {
  readonly token: string | undefined;
  ask(method: string, path: string, asked?: Asked): Promise<Answer>;
  get(path: string): Promise<Answer>;
  post(path: string, body?: unknown): Promise<Answer>;
  patch(path: string, body: unknown): Promise<Answer>;
  delete(path: string): Promise<Answer>;
}

export interface SignedIn extends Person {
  readonly token: string;
  readonly id: string;
  readonly tokens: Tokens;
}

export interface People {
  /** The first account. */
  readonly owner: SignedIn;
  readonly nobody: Person;
  /** A new account of its own. */
  member(): Promise<SignedIn>;
  as(tokens: Tokens): SignedIn;
}

export interface Management extends People {
  readonly router: AllInOne;
}

/** A whole router for the tests of a file, with an owner; everybody may register. */
export function useManagement(config: z.input<typeof AllInOneConfig> = {}): () => Management {
  let management: Management | undefined;
  before(async () => {
    management = await startManagement(config);
  });
  after(() => management?.router.stop());
  return () => {
    if (!management) throw new Error("the tests have not started");
    return management;
  };
}

async function startManagement(config: z.input<typeof AllInOneConfig>): Promise<Management> {
  const router = await startTestRouter({
    ...config,
    gateway: { drainAcceptMs: 0, drainStreamsMs: 0 },
    user: { registration: "open", hashing: { bcryptCost: 4 }, ...config.user },
  });
  return { router, ...(await registerPeople(() => router.url)) };
}

/** The people of a router that has none yet. `nextUrl` says which gateway takes a request. */
export async function registerPeople(nextUrl: () => string): Promise<People> {
  const nobody = person(nextUrl, undefined);
  const as = (tokens: Tokens): SignedIn => {
    const { access_token: token, user } = tokens;
    return { ...person(nextUrl, token), token, id: user.id, tokens };
  };
  let accounts = 0;
  const register = async (username: string) => {
    const account = { username, email: `${username}@example.com`, password };
    return as(ok(await nobody.post("/api/v1/auth/register", account), Tokens, 201));
  };
  const member = () => register(`member-${++accounts}`);
  return { nobody, owner: await register("owner"), member, as };
}

function person(nextUrl: () => string, token: string | undefined): Person {
  const ask = (method: string, path: string, asked: Asked = {}) =>
    send(new URL(path, nextUrl()), method, {
      ...asked,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...asked.headers,
      },
    });
  return {
    token,
    ask,
    get: (path) => ask("GET", path),
    post: (path, body) => ask("POST", path, { body }),
    patch: (path, body) => ask("PATCH", path, { body }),
    delete: (path) => ask("DELETE", path),
  };
}

/** Every answer of the API passes here, and is held to what its route declares. */
async function send(url: URL, method: string, { body, raw, headers }: Asked): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
    body: raw ?? (body === undefined ? null : JSON.stringify(body)),
  });
  const text = await response.text();
  const answer = { status: response.status, headers: response.headers, json: toJson(text) };
  const route = findRoute(method, url.pathname);
  if (route) holdToDeclaration(route, answer);
  return answer;
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const routes = Object.values(resources).flat();

const findRoute = (method: string, path: string): Route | undefined =>
  routes.find(
    (route) =>
      route.method === method.toLowerCase() &&
      new RegExp(
        `^${route.path.replaceAll(/\{\+\w+\}/g, ".+").replaceAll(/\{\w+\}/g, "[^/]+")}$`,
      ).test(path),
  );

function holdToDeclaration(route: Route, { status, headers, json }: Answer): void {
  const name = `${route.method} ${documentedPath(route.path)}`;
  if (status < 400) {
    assert.equal(headers.get("cache-control"), "no-store", name);
    assert.equal(headers.get("x-content-type-options"), "nosniff", name);
    const { data } = Envelope.parse(json);
    assert.equal(status, route.status, name);
    assert.deepEqual(json, { code: route.status, message: "success", data }, name);
    assert.deepEqual(route.data.parse(data), data, `${name} answers more than it declares`);
    return;
  }
  const failure = Failure.parse(json);
  assert.ok(isErrorCode(failure.error), `${name} answered ${failure.error}`);
  assert.equal(errorCodes[failure.error].http, status, name);
  assert.equal(failure.code, status, name);
  assert.equal(headers.get("x-request-id"), failure.request_id, name);
  const declared = errorsOf(route);
  assert.ok(declared.has(failure.error), `${name} answers ${failure.error}, undeclared`);
}

/** The data of a success. */
export function ok<Schema extends z.ZodType>(
  { status, json }: Answer,
  schema: Schema,
  expected = 200,
): z.output<Schema> {
  assert.equal(status, expected, JSON.stringify(json));
  return schema.parse(Envelope.parse(json).data);
}

/** The failure, which must be of this code and name this field if one is given. */
export function failed({ status, json }: Answer, code: ErrorCode, field?: string): Failure {
  const failure = Failure.parse(json);
  assert.equal(failure.error, code, JSON.stringify(json));
  assert.equal(status, errorCodes[code].http);
  if (field !== undefined) {
    const fields = failure.details.map((detail) => detail.field);
    assert.ok(fields.includes(field), `${field} is not among ${JSON.stringify(failure.details)}`);
  }
  return failure;
}
