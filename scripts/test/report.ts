import { styleText } from "node:util";
import type { FileResult, Outcome, TestResult } from "./result.ts";

const slowestShown = 5;
const outputLinesShown = 40;

const marks: Record<Outcome, string> = { passed: "✔", failed: "✖", skipped: "-", todo: "-" };
const styles = { passed: "green", failed: "red", skipped: "yellow", todo: "yellow" } as const;

export interface Report {
  /** Prints the results of a file and keeps them for the end. */
  file(result: FileResult): void;
  /** Prints failures, slowest files and the counts; true when the run counts as a success. */
  finish(): boolean;
}

/** Writes to standard output as results come in. */
export function createReport(print: (line: string) => void = console.log): Report {
  const results: FileResult[] = [];
  const started = performance.now();
  return {
    file: (result) => {
      results.push(result);
      print(`${result.file} (${seconds(result.durationMs)})`);
      for (const test of result.tests) {
        print(`  ${describe(test)}`);
        for (const note of test.notes ?? []) print(`      ${note}`);
      }
    },
    finish: () => {
      for (const result of results) printFailures(result, print);
      printSlowest(results, print);
      const all = results.flatMap(({ tests }) => tests);
      const count = (...outcomes: Outcome[]) =>
        all.filter(({ outcome }) => outcomes.includes(outcome)).length;
      const [passed, failed, skipped] = [
        count("passed"),
        count("failed"),
        count("skipped", "todo"),
      ];
      print(`in ${seconds(performance.now() - started)}`);
      print(`${passed} passed, ${failed} failed, ${skipped} skipped`);
      return failed === 0 && passed > 0;
    },
  };
}

function describe({ name, outcome, durationMs, detail }: TestResult): string {
  const reason = outcome === "skipped" && detail ? ` # ${detail}` : "";
  const mark = styleText(styles[outcome], marks[outcome]);
  return `${mark} ${name} (${Math.round(durationMs)} ms)${reason}`;
}

function printFailures({ file, tests, output }: FileResult, print: (line: string) => void): void {
  const failures = tests.filter(({ outcome }) => outcome === "failed");
  for (const { name, detail } of failures) {
    print(`\n${styleText("red", `✖ ${file}: ${name}`)}`);
    print(indent(detail ?? ""));
  }
  if (failures.length === 0 || !output) return;
  print(`\n  the last that ${file} printed:`);
  print(indent(output.split("\n").slice(-outputLinesShown).join("\n")));
}

function printSlowest(results: readonly FileResult[], print: (line: string) => void): void {
  const slowest = results.toSorted((a, b) => b.durationMs - a.durationMs).slice(0, slowestShown);
  if (slowest.length < 2) return void print("");
  print("\nslowest:");
  for (const { file, durationMs } of slowest) print(`  ${seconds(durationMs)}  ${file}`);
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

const indent = (text: string) => text.replaceAll(/^/gm, "    ");
