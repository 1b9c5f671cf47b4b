import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ConfigError, parseConfig } from "../../common/config.ts";
import { ModelConfig } from "./config.ts";

const parse = (text: string, environment = {}) =>
  parseConfig(text, { file: "model.yaml", schema: ModelConfig, environment });

const refusal = (text: string): string => {
  try {
    parse(text);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message;
  }
  assert.fail("the configuration was taken");
};

describe("the model service's configuration", () => {
  it("is complete when empty", () => {
    const config = ModelConfig.parse({});
    assert.deepEqual([config.models, config.channels], [[], []]);
    assert.equal(config.discovery.refreshMs, 600_000);
  });

  it("declares channels by names or mappings, with the credential from the environment", () => {
    const { channels } = parse(
      [
        "channels:",
        "  - name: main",
        "    provider: openai",
        "    credential: $" + "{KEY}",
        "    modelSource: list",
        "    models: [gpt-a, { name: gpt-b, upstreamName: b-2026 }]",
      ].join("\n"),
      { KEY: "sk-1" },
    );
    assert.equal(channels[0]?.credential, "sk-1");
    assert.deepEqual(channels[0]?.models, [
      { name: "gpt-a", upstreamName: "" },
      { name: "gpt-b", upstreamName: "b-2026" },
    ]);
  });

  it("names the file, the line and the key of what the rules refuse", () => {
    const message = refusal(
      [
        "models:",
        "  - id: gpt-a",
        "    prices: { input: 1.5 }",
        "channels:",
        "  - name: main",
        "    provider: openai",
        "    baseUrl: https://user@example.com",
      ].join("\n"),
    );
    assert.match(message, /^model\.yaml:\d: models\.0\.prices\.input: expected a whole number/m);
    assert.match(message, /^model\.yaml:\d: channels\.0\.baseUrl: .*without user name/m);
  });

  it("refuses an unknown key, a name declared twice and a list of nothing", () => {
    assert.match(refusal("limits: { modelMax: 1 }"), /limits\.modelMax: unknown key/);
    assert.match(refusal("models: [{ id: a }, { id: a }]"), /models\.1\.id: declared twice/);
    const channel = "{ name: a, provider: openai, modelSource: list }";
    assert.match(refusal(`channels: [${channel}]`), /channels\.0\.models: expected at least one/);
  });

  it("never repeats a credential that it refuses", () => {
    const message = refusal(
      'channels: [{ name: a, provider: openai, credential: "sk-canary\\nline" }]',
    );
    assert.match(message, /channels\.0\.credential/);
    assert.doesNotMatch(message, /canary/);
  });
});
