import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { startGuardedProcess } from "../servers/guarded-process.ts";
import type { Watchdog } from "../servers/watchdog.ts";
import { lineMark, noteMark } from "./line-reporter.ts";
import type { FileResult, TestResult } from "./result.ts";

const fileTimeoutMs = 240_000;
const reporter = fileURLToPath(import.meta.resolve("./line-reporter.ts"));

export interface TestFileOptions {
  readonly file: string;
  readonly env: NodeJS.ProcessEnv;
  readonly watchdog: Watchdog;
  /** For the tests of this file. */
  readonly timeoutMs?: number;
}

/**
 * Runs a test file in a process group of its own, so that a file that hangs can be ended together
 * with everything it started. That is what keeps us from `run()` of node:test.
 */
export async function runTestFile(options: TestFileOptions): Promise<FileResult> {
  const { file, env, watchdog, timeoutMs = fileTimeoutMs } = options;
  const started = performance.now();
  const running = await startGuardedProcess({
    name: file,
    program: process.execPath,
    parameters: [`--test-reporter=${reporter}`, "--test-reporter-destination=stdout", file],
    // Set where we are ourselves run by `node --test`, and then the file would answer to that.
    env: { ...env, NODE_TEST_CONTEXT: undefined },
    watchdog,
    signal: "SIGKILL",
  });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    running.child.kill("SIGKILL");
  }, timeoutMs);
  const { stdout, stderr } = running.child;
  const texts = Promise.all([stdout, stderr].map((stream) => (stream ? text(stream) : "")));
  const end = await running.ended;
  clearTimeout(timer);
  // Ends what the file left behind; it would also hold our end of the pipes open.
  await running.stop();
  const { tests, output } = split((await texts).join("\n"));
  const problem = late
    ? `did not end within ${timeoutMs / 1000} s; what it started may still run at its end`
    : problemOf(end, tests);
  const durationMs = performance.now() - started;
  const whole: TestResult[] = problem
    ? [{ name: "the file as a whole", outcome: "failed", durationMs, detail: problem }]
    : [];
  return { file, durationMs, tests: [...tests, ...whole], output };
}

/** What is wrong with the file itself, beyond the tests that it reported. */
function problemOf(end: string, tests: readonly TestResult[]): string | undefined {
  const clean = end === "ended with exit code 0";
  if (clean && tests.length === 0) return "defines no test";
  if (clean || tests.some((test) => test.outcome === "failed")) return undefined;
  return end;
}

function split(output: string): { tests: TestResult[]; output: string } {
  const tests: TestResult[] = [];
  const others: string[] = [];
  for (const line of output.split("\n")) {
    if (line.startsWith(lineMark))
      tests.push({ notes: [], ...JSON.parse(line.slice(lineMark.length)) });
    else if (line.startsWith(noteMark)) tests.at(-1)?.notes?.push(line.slice(noteMark.length));
    else if (line !== "") others.push(line);
  }
  return { tests, output: others.join("\n") };
}
