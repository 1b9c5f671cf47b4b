import type { TestEvent } from "node:test/reporters";
import { inspect } from "node:util";
import type { TestResult } from "./result.ts";

/** Marks our lines among what the tests print themselves. */
export const lineMark = "\u0001test ";
/** The same for what the test before says of itself. */
export const noteMark = "\u0001note ";

/**
 * Runs inside a test file's process as its reporter and turns every finished test into one line of
 * JSON. Suites are not counted, and neither are tests that only failed because one in them did.
 */
async function* lineReporter(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const around: string[] = [];
  let before = "";
  for await (const { type, data } of events) {
    // What a test says of itself comes right behind its result; what the file says, behind a plan.
    if (type !== "test:diagnostic") before = type;
    else if (before !== "test:plan") yield `\n${noteMark}${data.message}\n`;
    if (type === "test:start") around[data.nesting] = data.name;
    if (type !== "test:pass" && type !== "test:fail") continue;
    around[data.nesting] = data.name;
    const name = around.slice(0, data.nesting + 1).join(" › ");
    const failure = type === "test:fail" ? describeFailure(data.details.error) : undefined;
    if (data.details.type === "suite" && failure === undefined && data.skip === undefined) continue;
    if (failure === "") continue;
    const result: TestResult = {
      name,
      outcome: outcomeOf(failure, data.skip, data.todo),
      durationMs: data.details.duration_ms,
      ...(failure && { detail: failure }),
      ...(typeof data.skip === "string" && { detail: data.skip }),
    };
    yield `\n${lineMark}${JSON.stringify(result)}\n`;
  }
}

// node:test loads a reporter by its default export.
// biome-ignore lint/style/noDefaultExport: see above
export default lineReporter;

function outcomeOf(
  failure: string | undefined,
  skip: string | boolean | undefined,
  todo: string | boolean | undefined,
) {
  if (skip !== undefined && skip !== false) return "skipped";
  if (todo !== undefined && todo !== false) return "todo";
  return failure === undefined ? "passed" : "failed";
}

/** Empty when the failure is that of a test inside. */
function describeFailure(error: Error & { failureType?: string }): string {
  if (error.failureType === "subtestsFailed") return "";
  const cause = error.cause ?? error;
  return cause instanceof Error ? inspect(cause, { depth: 5, colors: false }) : String(cause);
}
