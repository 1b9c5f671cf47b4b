export type Outcome = "passed" | "failed" | "skipped" | "todo";

/** One test, check or server. */
export interface TestResult {
  /** Names of the suites around it and its own. */
  readonly name: string;
  readonly outcome: Outcome;
  readonly durationMs: number;
  /** Why it failed or was skipped. */
  readonly detail?: string;
  /** What it measured, in its own words. */
  readonly notes?: string[];
}

export interface FileResult {
  readonly file: string;
  readonly durationMs: number;
  readonly tests: readonly TestResult[];
  /** What it printed besides; only shown when one of its tests failed. */
  readonly output?: string;
}
