import assert from "node:assert/strict";
import { test } from "node:test";
import { generateSecret } from "../common/api-key.ts";
import { ModelConfig } from "../rpc/model/config.ts";
import { withOpenAI } from "./default-channels.ts";

const config = ModelConfig.parse({});

test("a key and an address in the environment make a channel", () => {
  const environment = { OPENAI_API_KEY: "sk-x", OPENAI_BASE_URL: "https://llm.example.com/v1" };
  const [channel, ...others] = withOpenAI(config, environment).channels;
  assert.equal(channel?.baseUrl, "https://llm.example.com/v1");
  assert.equal(others.length, 0);
});

test("an address in the environment may be a private one, the provider's own need not be", () => {
  const key = { OPENAI_API_KEY: "sk-x" };
  const [own] = withOpenAI(config, key).channels;
  const [local] = withOpenAI(config, { ...key, OPENAI_BASE_URL: "http://127.0.0.1:1/v1" }).channels;
  assert.deepEqual([own?.allowPrivateNetwork, local?.allowPrivateNetwork], [false, true]);
});

test("an API key of our own is not taken for a provider's, which would make a loop", () => {
  const environment = { OPENAI_API_KEY: generateSecret() };
  assert.throws(() => withOpenAI(config, environment), /^StartError: OPENAI_API_KEY is an API key/);
});

test("what cannot be a channel is named by its variable, and not quoted", () => {
  const wrong = {
    OPENAI_BASE_URL: ["hunter2", "ftp://hunter2/", "https://u:hunter2@example.com/v1"],
    OPENAI_API_KEY: ["hunter2\u00e9", "hunter2\nhunter2"],
  };
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      const environment = { OPENAI_API_KEY: "sk-x", [name]: value };
      assert.throws(
        () => withOpenAI(config, environment),
        (error: Error) => error.message.startsWith(name) && !error.message.includes("hunter2"),
      );
    }
  }
});
