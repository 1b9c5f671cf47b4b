import type { DestinationStream } from "pino";

const colours: Record<string, number> = { debug: 90, trace: 90, info: 32, warn: 33, error: 31 };
const hidden = new Set(["level", "time", "pid", "process", "msg"]);

/** Log lines for a person at a terminal: time, level, message, then the fields as key=value. */
export function prettyStream(out: NodeJS.WritableStream): DestinationStream {
  // A terminal that has gone is no reason to end; unheard, the event would be.
  out.on("error", () => {});
  return {
    write(line) {
      out.write(prettyLine(line));
    },
  };
}

/** One JSON log line as a person reads it; a line that is not JSON stays as it is. */
export function prettyLine(line: string): string {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line);
  } catch {
    return line;
  }
  const time = String(entry["time"]).slice(11, 23);
  const level = String(entry["level"]);
  const fields = Object.entries(entry)
    .filter(([key, value]) => !hidden.has(key) && value !== undefined && value !== null)
    .map(([key, value]) => `${key}=${shown(value)}`);
  const label = `\x1b[${colours[level] ?? 0}m${level.padEnd(5)}\x1b[0m`;
  return `${time} ${label} ${String(entry["process"])}: ${shown(entry["msg"])} \x1b[90m${fields.join(" ")}\x1b[0m\n`;
}

/** Callers choose some of these texts: what would act on a terminal is shown and not done. */
const shown = (value: unknown): string =>
  (typeof value === "object" ? JSON.stringify(value) : String(value)).replace(
    /\p{Cc}/gu,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
