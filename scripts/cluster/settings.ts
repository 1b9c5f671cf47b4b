import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Document, parseDocument } from "yaml";
import type { PlannedProcess, ProcessKind } from "./plan.ts";

export interface SettingsOptions {
  readonly root: string;
  /** Takes the changed file. */
  readonly folder: string;
  readonly settings: Partial<Record<ProcessKind, object>> | undefined;
}

/** The file for a process: its own one, or a copy over which the settings for it are written. */
export function withSettings(
  { process, config }: PlannedProcess,
  { root, folder, settings }: SettingsOptions,
): string {
  const changes = settings?.[process];
  if (!changes) return config;
  const document = parseDocument(readFileSync(join(root, config), "utf8"));
  write(document, [], changes);
  const file = join(folder, `${process}.yaml`);
  writeFileSync(file, document.toString());
  return file;
}

function write(document: Document, path: readonly string[], changes: object): void {
  for (const [key, value] of Object.entries(changes)) {
    const isSection = typeof value === "object" && value !== null && !Array.isArray(value);
    if (isSection) write(document, [...path, key], value);
    else document.setIn([...path, key], value);
  }
}
