import type { Watchdog } from "./watchdog.ts";

/** A database or the like that runs for us alone. */
export interface Server {
  readonly name: string;
  /** What clients connect to. */
  readonly address: string;
  pid(): number;
  /** Stops it cleanly and waits until it is gone. */
  stop(): Promise<void>;
  /** Starts it again on the same address with the same data. */
  start(): Promise<void>;
}

export interface ServerOptions {
  /** The executable. */
  readonly program: string;
  /** Holds its data and its log. */
  readonly folder: string;
  readonly watchdog: Watchdog;
}
