import { execFile } from "node:child_process";
import type { FileResult } from "./result.ts";

type Check = (env: NodeJS.ProcessEnv) => Promise<FileResult>;

const outputBytesMax = 16 * 1024 * 1024;

/** What must hold besides the tests; each counts as one. */
export const checks: readonly Check[] = [
  check("types", "tsc", ["--noEmit"]),
  check("style", "biome", ["check", "--error-on-warnings", "."]),
  check("unused code and dependencies", "knip", ["--no-progress"]),
  check("protocol style", "buf", ["lint"]),
  check("generated code is up to date", process.execPath, ["scripts/gen.ts", "--check"]),
];

function check(name: string, program: string, parameters: readonly string[]): Check {
  return (env) =>
    new Promise((resolve) => {
      const started = performance.now();
      const options = { env, maxBuffer: outputBytesMax };
      execFile(program, parameters, options, (error, stdout, stderr) => {
        const durationMs = performance.now() - started;
        const detail = `${stdout}\n${stderr}`.trim() || error?.message || "";
        const outcome = error ? "failed" : "passed";
        const test = { name, outcome, durationMs, ...(error && { detail }) } as const;
        resolve({ file: `check: ${name}`, durationMs, tests: [test] });
      });
    });
}
