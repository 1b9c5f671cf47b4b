import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, suite, test } from "node:test";

const program = join(import.meta.dirname, "apirouter.ts");
const folder = mkdtempSync(join(tmpdir(), "apirouter-start-"));
const config = join(folder, "apirouter.yaml");
writeFileSync(config, "model:\n  channels:\n    - name: a\n      provider: closedai\n");
const file = join(folder, "file");
writeFileSync(file, "");
const garbage = join(folder, "garbage");
mkdirSync(garbage);
writeFileSync(join(garbage, "user.db"), "this is no database ".repeat(100));
const unreadable = join(folder, "unreadable");
mkdirSync(join(unreadable, "secrets.json"), { recursive: true });
const unfit = join(folder, "unfit");
mkdirSync(unfit);
writeFileSync(join(unfit, "secrets.json"), '{"masterKey": "hunter2"}');

after(() => rmSync(folder, { recursive: true, force: true }));

interface Refusal {
  readonly title: string;
  readonly args?: string[];
  readonly env?: NodeJS.ProcessEnv;
  /** All of standard error but the log; `FOLDER` is the test's. */
  readonly says: string;
}

const refusals: readonly Refusal[] = [
  {
    title: "an unknown option",
    args: ["--prot", "1"],
    says: "Unknown option '--prot'. Try --help.",
  },
  {
    title: "an option without its value",
    args: ["--port"],
    says: "Option '--port <value>' argument missing. Try --help.",
  },
  {
    title: "an option whose value looks like another option",
    args: ["--port", "-5"],
    says: "Option '--port' argument is ambiguous. Try --help.",
  },
  {
    title: "a port that is none",
    args: ["--port", "65536"],
    says: 'the port must be from 0 to 65535, not "65536"',
  },
  {
    title: "an option that npm took as its own",
    env: { npm_lifecycle_event: "start", npm_config_demo: "true" },
    says: "npm kept --demo for itself; write: npm start -- --demo",
  },
  {
    title: "an empty host, which would mean every address",
    args: ["--host="],
    says: "--host needs a value",
  },
  {
    title: "a switch that is neither on nor off",
    env: { APIROUTER_DEMO: "maybe" },
    says: 'APIROUTER_DEMO must be "true" or "false", not "maybe"',
  },
  {
    title: "an unknown process",
    args: ["gatway"],
    says: 'there is no process "gatway"; there are gateway, user, apikey, model, openai',
  },
  {
    title: "a configuration file that is not there",
    args: ["--config", join(folder, "none.yaml")],
    says: "cannot read the configuration file FOLDER/none.yaml: no such file or directory",
  },
  {
    title: "a provider that does not exist",
    args: ["--config", config],
    says:
      "FOLDER/apirouter.yaml:4: model.channels.0.provider: expected one of openai, deepseek, groq, " +
      "mistral, openrouter, openai-compatible, demo",
  },
  {
    title: "a data folder that is a file",
    args: ["--data", file],
    says: "cannot create the data folder FOLDER/file: not a directory",
  },
  {
    title: "a data folder where none can be made",
    args: ["--data", "/proc/apirouter"],
    says: "cannot create the data folder /proc/apirouter: no such file or directory",
  },
  {
    title: "a database that is none",
    args: ["--data", garbage],
    says: "cannot open the database sqlite:FOLDER/garbage/user.db: file is not a database",
  },
  {
    title: "secrets that cannot be read",
    args: ["--data", unreadable],
    says: "cannot read or create FOLDER/unreadable/secrets.json: illegal operation on a directory",
  },
  {
    title: "secrets that do not fit, without quoting them",
    args: ["--data", unfit],
    says: "FOLDER/unfit/secrets.json does not hold three secrets of 32 bytes in base64",
  },
];

suite("what cannot start ends at once, with one sentence and exit code 1", {
  concurrency: 2,
}, () => {
  for (const { title, args = [], env = {}, says } of refusals) {
    test(title, async () => {
      const error = `apirouter: ${says.replace("FOLDER", folder)}\n`;
      assert.deepEqual(await run(args, env), { code: 1, out: "", error });
    });
  }

  test("a port that is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const address = other.address();
    const port = typeof address === "object" ? String(address?.port) : "";
    const outcome = await run(["--port", port, "--data", join(folder, "data")], {});
    other.close();
    const error = `apirouter: cannot listen on 127.0.0.1:${port}: another program is listening there\n`;
    assert.deepEqual(outcome, { code: 1, out: "", error });
  });
});

async function run(args: string[], env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: folder,
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const [code, out, error] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  // The log's own lines are JSON; what was prepared before the failure may be told there.
  return { code, out, error: error.replace(/^\{.*\n/gm, "") };
}
