import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, openSync } from "node:fs";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { prettyLine } from "./log-pretty.ts";

/** Logs, waits until that must have been written, and says that it is still there. */
const program = (format: string) => `
  import { createLog } from ${JSON.stringify(new URL("log.ts", import.meta.url).href)};
  const log = createLog({ level: "info", format: "${format}" }, "test");
  log.info("first");
  setTimeout(() => log.info("second"), 150);
  setTimeout(() => { log.info("last"); console.log("alive"); process.exit(0); }, 300);
`;

function run(format: string, stderr: "pipe" | number) {
  const args = ["--input-type=module", "--eval", program(format)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", stderr] });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  return { child, said: text(child.stdout ?? assert.fail()), exited };
}

for (const format of ["json", "pretty"]) {
  test(`every ${format} line is written by the end`, async () => {
    const { child, exited } = run(format, "pipe");
    const lines = await text(child.stderr ?? assert.fail());
    assert.equal(await exited, 0);
    for (const message of ["first", "second", "last"]) assert.match(lines, new RegExp(message));
  });

  const noFullDisk = existsSync("/dev/full") ? false : "this system has no /dev/full";
  test(`a full disk under its ${format} log does not end a process`, {
    skip: noFullDisk,
  }, async () => {
    const { said, exited } = run(format, openSync("/dev/full", "w"));
    assert.equal(await exited, 0);
    assert.equal(await said, "alive\n");
  });

  test(`a reader of the ${format} log that goes away does not end a process`, async () => {
    const { child, said, exited } = run(format, "pipe");
    child.stderr?.destroy();
    assert.equal(await exited, 0);
    assert.equal(await said, "alive\n");
  });
}

test("what a caller sends cannot act on the terminal or forge a line", () => {
  const model = "x\x1b[2J\n12:00:00 info forged\x9b1m";
  const line = prettyLine(JSON.stringify({ level: "info", time: "", msg: "request", model }));
  assert.equal(line.split("\n").length, 2);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: looking for them is the point
  assert.doesNotMatch(line.replace(/\x1b\[\d+m/g, ""), /[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
});
