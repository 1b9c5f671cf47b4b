import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { startWatchdog } from "../servers/watchdog.ts";
import { runTestFile } from "./test-file.ts";

const folder = mkdtempSync(join(tmpdir(), "test-file-"));
const watchdog = startWatchdog();
after(() => rmSync(folder, { recursive: true, force: true }));

test("passed, failed and skipped tests are told apart, with the reason", async () => {
  const { tests } = await run(`
    import assert from "node:assert/strict";
    import { suite, test } from "node:test";
    suite("sums", () => {
      test("right", () => assert.equal(1 + 1, 2));
      test("wrong", () => assert.equal(1 + 1, 3));
      test("later", { skip: "no server" }, () => {});
    });
    test("outer", async (t) => { await t.test("inner", () => { throw new Error("inside"); }); });
  `);
  assert.deepEqual(
    tests.map(({ name, outcome }) => `${name}: ${outcome}`),
    [
      "sums › right: passed",
      "sums › wrong: failed",
      "sums › later: skipped",
      "outer › inner: failed",
    ],
  );
  assert.match(tests[1]?.detail ?? "", /2 !== 3/);
  assert.equal(tests[2]?.detail, "no server");
  assert.match(tests[3]?.detail ?? "", /Error: inside/);
});

test("a file that cannot be loaded, that ends early or that defines no test is a failure", async () => {
  for (const [text, detail] of [
    ['import "./missing.ts";', /exit code 1/],
    ["process.exit(3);", /exit code 3/],
    ["process.kill(process.pid, 'SIGKILL');", /SIGKILL/],
    ["export {};", /defines no test/],
  ] as const) {
    const { tests } = await run(text);
    assert.deepEqual(
      tests.map(({ outcome }) => outcome),
      ["failed"],
      text,
    );
    assert.match(tests[0]?.detail ?? "", detail);
  }
});

test("a file that hangs is ended, with everything it started", async () => {
  const pidFile = join(folder, "pid");
  const { tests } = await run(
    `
    import { spawn } from "node:child_process";
    import { writeFileSync } from "node:fs";
    import { test } from "node:test";
    test("before", () => {
      const { pid } = spawn("sleep", ["600"], { stdio: "inherit" });
      writeFileSync(${JSON.stringify(pidFile)}, String(pid));
    });
    `,
    { timeoutMs: 1_500 },
  );
  assert.deepEqual(
    tests.map(({ outcome }) => outcome),
    ["passed", "failed"],
  );
  assert.match(tests[1]?.detail ?? "", /did not end within 1\.5 s/);
  assert.ok(await hasEnded(Number(readFileSync(pidFile, "utf8"))));
});

async function run(text: string, options: { timeoutMs?: number } = {}) {
  const file = join(folder, "sample.test.ts");
  writeFileSync(file, text);
  return await runTestFile({ file, env: process.env, watchdog, ...options });
}

/** SIGKILL takes effect in its own time, and the system's first process then reaps. */
async function hasEnded(pid: number): Promise<boolean> {
  const deadline = Date.now() + 2_000;
  while (Date.now() < deadline) {
    try {
      if (/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))) return true;
      process.kill(pid, 0);
    } catch {
      return true;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}
