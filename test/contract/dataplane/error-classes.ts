import assert from "node:assert/strict";
import { suite, test } from "node:test";
import OpenAI from "openai";
import { answerJson } from "../../support/upstream.ts";
import type { Contract } from "../contract.ts";

const request = { model: "gpt-test", messages: [] };
type Thrower = () => Promise<unknown>;

export const errorClasses: Contract = (plane) =>
  suite("errors to the official client", () => {
    const statuses = [400, 401, 403, 404, 409, 422, 429, 500, 502, 503, 504];
    for (const status of statuses) {
      for (const stream of [false, true]) {
        test(`an upstream's ${status} is to the client what it is without us (stream: ${stream})`, async () => {
          const { issue, upstream, client } = plane();
          const body = {
            error: { message: "Said upstream.", type: "some_type", param: "p", code: "some_code" },
          };
          upstream.play(answerJson(status, body, { "retry-after": "7" }));
          const direct = new OpenAI({ apiKey: "k", baseURL: upstream.baseUrl, maxRetries: 0 });
          const through = client((await issue()).secret);
          const [expected, actual] = await Promise.all(
            [direct, through].map((openai) => failure(openai, stream)),
          );
          assert.deepEqual(described(actual), described(expected));
        });
      }
    }

    const ours: readonly [name: string, thrower: () => Promise<Thrower>, type: unknown][] = [
      [
        "a wrong key",
        async () => () => plane().client("sk-wrong").chat.completions.create(request),
        OpenAI.AuthenticationError,
      ],
      [
        "a model that nobody serves",
        async () => {
          const openai = plane().client((await plane().issue()).secret);
          return () => openai.chat.completions.create({ ...request, model: "nobody-serves-this" });
        },
        OpenAI.NotFoundError,
      ],
      [
        "a body without a model",
        async () => {
          const openai = plane().client((await plane().issue()).secret);
          return () => openai.post("/chat/completions", { body: { messages: [] } });
        },
        OpenAI.BadRequestError,
      ],
      [
        "an endpoint that is not there",
        async () => {
          const openai = plane().client((await plane().issue()).secret);
          return () => openai.post("/nothing", { body: {} });
        },
        OpenAI.NotFoundError,
      ],
      [
        "a forbidden model",
        async () => {
          const permissions = { models: { allow: ["other"] } };
          const openai = plane().client((await plane().issue({ permissions })).secret);
          return () => openai.chat.completions.create(request);
        },
        OpenAI.PermissionDeniedError,
      ],
    ];
    for (const [name, prepare, type] of ours) {
      test(`${name} is what the official client throws for it`, async () => {
        const thrower = await prepare();
        await assert.rejects(thrower, (error) => {
          assert.equal(Reflect.get(Object(error), "constructor"), type);
          assert.ok(error instanceof OpenAI.APIError);
          assert.ok(error.requestID);
          return true;
        });
      });
    }
  });

async function failure(openai: OpenAI, stream: boolean): Promise<unknown> {
  try {
    await openai.chat.completions.create({ ...request, stream });
  } catch (error) {
    return error;
  }
  return undefined;
}

function described(error: unknown) {
  assert.ok(error instanceof OpenAI.APIError);
  const { status, code, type, param, message, headers } = error;
  return {
    exception: Reflect.get(error, "constructor"),
    status,
    code,
    type,
    param,
    message,
    retryAfter: headers?.get("retry-after"),
  };
}
