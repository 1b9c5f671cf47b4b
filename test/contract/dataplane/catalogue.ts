import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Channel } from "../../../api/types/channels.ts";
import { models } from "../../support/deployment.ts";
import { ok } from "../../support/management.ts";
import { errorOf } from "../../support/openai.ts";
import { answerJson } from "../../support/upstream.ts";
import type { Contract } from "../contract.ts";
import { assertPrompt, type Delay, delaysOf, promptly } from "../promptly.ts";

const permissions = { models: { allow: ["*"], deny: ["*mini", "new-*"] } };
const trials = 20;
/** The chance that one of two openai processes is asked by none of them is one in a hundred. */
const settledAfter = 8;

const listing: Contract = (plane) =>
  suite("/v1/models", () => {
    test("a key sees the models that it may use, in OpenAI's shape", async () => {
      const { issue, client } = plane();
      const openai = client((await issue({ permissions })).secret);
      const listed = await Array.fromAsync(await openai.models.list());
      const ids = new Set(listed.map(({ id }) => id));
      for (const id of models) assert.equal(ids.has(id), !id.endsWith("mini"), id);
      for (const model of listed) {
        assert.deepEqual(Object.keys(model), ["id", "object", "created", "owned_by"]);
        assert.equal(model.object, "model");
        assert.ok(Number.isInteger(model.created));
      }
    });

    test("a model is found by its name, with a slash in it too", async () => {
      const { issue, client } = plane();
      for (const path of ["/v1", "/v1/openai"]) {
        const openai = client((await issue()).secret, path);
        assert.equal((await openai.models.retrieve("meta-llama/Llama-3")).id, "meta-llama/Llama-3");
      }
    });

    test("a model that is not there and one that is not allowed are the same 404", async () => {
      const { issue, nextUrl } = plane();
      const { secret } = await issue({ permissions });
      for (const id of ["nothing", "gpt-test-mini"]) {
        const headers = { authorization: `Bearer ${secret}` };
        const response = await fetch(`${nextUrl()}/v1/models/${id}`, { headers });
        assert.equal(response.status, 404);
        const { code, message, param } = await errorOf(response);
        assert.deepEqual([code, param], ["model_not_found", "model"]);
        assert.equal(message, `The model '${id}' does not exist or you do not have access to it.`);
      }
    });
  });

const changes: Contract = (plane) =>
  suite("a channel's change on every gateway and openai process", () => {
    let made = 0;
    const create = async (model: string) => {
      const { owner, upstream } = plane();
      const channel = {
        name: `channel-of-${model}`,
        provider: "openai",
        base_url: upstream.baseUrl,
        models: [{ name: model, upstream_name: "real-name" }],
        allow_private_network: true,
      };
      return ok(await owner.post("/api/v1/channels", channel), Channel, 201);
    };

    test("a new channel's model is listed and served promptly", async (t) => {
      const { issue, chat, upstream, urls } = plane();
      upstream.play(answerJson(200, {}));
      const { secret } = await issue();
      const headers = { authorization: `Bearer ${secret}` };
      const [listed, served]: Delay[][] = [[], []];
      for (let trial = 0; trial < trials; trial += 1) {
        const model = `new-${++made}`;
        const isListed = async (url: string) => {
          const response = await fetch(`${url}/v1/models/${model}`, { headers });
          await response.text();
          return response.ok;
        };
        const isServed = async (url: string) => {
          const response = await chat(secret, { model }, { url });
          await response.text();
          return response.ok;
        };
        const knows = trial % 2 === 0 ? isListed : isServed;
        const delays = trial % 2 === 0 ? listed : served;
        delays?.push(...(await delaysOf({ urls, knows, settledAfter, make: () => create(model) })));
      }
      assertPrompt(t, "a new model is listed", listed ?? []);
      assertPrompt(t, "a new model is served", served ?? []);
      const name = JSON.parse(String(upstream.ledger.at(-1)?.body)).model;
      assert.equal(name, "real-name");
    });

    test("a disabled, a renamed and a deleted channel's model is gone promptly", async (t) => {
      const { issue, chat, upstream, urls, owner } = plane();
      upstream.play(answerJson(200, {}));
      const { secret } = await issue();
      const delays: Delay[] = [];
      for (let trial = 0; trial < trials; trial += 1) {
        const model = `new-${++made}`;
        const isGone = async (url: string) => {
          const response = await chat(secret, { model }, { url });
          await response.text();
          return response.status === 404;
        };
        const path = `/api/v1/channels/${(await create(model)).id}`;
        for (const url of urls) {
          await promptly(
            () => isGone(url),
            (gone) => !gone,
          );
        }
        const ends = [
          () => owner.patch(path, { enabled: false }),
          () => owner.patch(path, { models: [{ name: `other-${made}` }] }),
          () => owner.delete(path),
        ];
        const make = async () => assert.equal((await ends[trial % 3]?.())?.status, 200);
        delays.push(...(await delaysOf({ urls, knows: isGone, settledAfter, make })));
      }
      assertPrompt(t, "a model is gone", delays);
    });
  });

export const catalogue: readonly Contract[] = [listing, changes];
