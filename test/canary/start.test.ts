import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, suite, test } from "node:test";
import { runAllInOne } from "../../compose/run-all-in-one.ts";
import { explainFailure } from "../../compose/start-error.ts";

const folder = mkdtempSync(join(tmpdir(), "apirouter-canary-"));
const canary = "canary7f3a9c51e0";

const channel = (credential: string) =>
  `model:\n  channels:\n    - name: a\n      provider: openai\n      credential: ${credential}\n`;

/** Each is refused, and has a secret on the very line that is wrong. */
const wrong: Readonly<Record<string, string>> = {
  "an unclosed quote": channel(`"${canary}`),
  "a mapping inside a value": channel(`x: ${canary}: y`),
  "a wrong escape": channel(`"\\q${canary}"`),
  "an unexpected character": channel(`@${canary}`),
  "an unknown alias": channel(`*${canary}`),
  "a list": channel(`[${canary}]`),
  "a text after the value": channel(`"a" ${canary}`),
  "an address with a password": `${channel("x")}      baseUrl: ftp://u:${canary}@h/\n`,
  "a text before the first key": `"${canary}"\nlog: {}\n`,
  "an end without a beginning": `log: {}\n}${canary}\n`,
  "a key that comes twice": `${canary}: 1\n${canary}: 2\n`,
  "a secret as the whole file": canary,
};

/** What the command prints when it cannot start. */
async function refusal(flags: { config?: string; data: string }): Promise<string> {
  try {
    await runAllInOne({ port: "0", ...flags }, {});
  } catch (error) {
    return explainFailure(error);
  }
  return assert.fail("it started");
}

suite("a start that is refused", () => {
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const [name, text] of Object.entries(wrong)) {
    test(`${name} is told without the secret on its line`, async () => {
      const file = join(folder, "config.yaml");
      writeFileSync(file, text);
      const told = await refusal({ config: file, data: join(folder, "data") });
      assert.ok(told.includes(file), told);
      assert.ok(!told.includes(canary), told);
    });
  }

  test("secrets in the data folder that are none are told without their text", async () => {
    const data = mkdtempSync(join(folder, "data-"));
    writeFileSync(join(data, "secrets.json"), `{"masterKey":"${canary}"`);
    const told = await refusal({ data });
    assert.match(told, /secrets\.json/);
    assert.ok(!told.includes(canary), told);
  });
});
