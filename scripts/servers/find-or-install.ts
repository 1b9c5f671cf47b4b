import { spawnSync } from "node:child_process";
import { accessSync, constants, globSync } from "node:fs";
import { delimiter, join } from "node:path";

/** A program of the system that this project runs but does not bring along. */
export interface Program {
  /** Names it goes by, the preferred one first. */
  readonly names: readonly string[];
  /** Folders outside PATH where it lies on some systems; may hold `*`. */
  readonly folders?: readonly string[];
  /** Its package in Debian. */
  readonly debianPackage: string;
  /** What to tell those with another system. */
  readonly advice: string;
}

const usualFolders = ["/usr/local/bin", "/usr/bin", "/usr/sbin", "/opt/homebrew/bin"];

/** The path of the program, or undefined. */
export function findProgram({ names, folders = [] }: Program): string | undefined {
  const path = (process.env["PATH"] ?? "").split(delimiter).filter(Boolean);
  const patterns = [...path, ...usualFolders, ...folders];
  return names
    .flatMap((name) => patterns.flatMap((folder) => globSync(join(folder, name)).sort(newestFirst)))
    .find(isExecutable);
}

/** Folders of several versions differ in a number: 15 is newer than 9. */
const newestFirst = (a: string, b: string) => b.localeCompare(a, "en", { numeric: true });

/**
 * Installs what is missing when it may, which is as root on Debian and its kin; says so on
 * standard error. What still cannot be found afterwards is for the caller to report.
 */
export function installMissing(programs: readonly Program[]): void {
  const missing = programs.filter((program) => !findProgram(program));
  if (missing.length === 0 || !mayInstall()) return;
  const packages = missing.map((program) => program.debianPackage);
  console.error(`installing ${packages.join(", ")}`);
  aptGet(["update", "-qq"]);
  aptGet(["install", "-qq", "-y", "--no-install-recommends", ...packages]);
}

/** One sentence for the person who runs this. */
export const adviceFor = (program: Program): string =>
  `${program.names[0]} was not found; ${program.advice}`;

function mayInstall(): boolean {
  return process.getuid?.() === 0 && isExecutable("/usr/bin/apt-get");
}

function aptGet(parameters: string[]): void {
  const { status, stdout, stderr } = spawnSync("apt-get", parameters, {
    stdio: ["ignore", "pipe", "pipe"],
    encoding: "utf8",
    // RUNLEVEL keeps the packages from starting a server of their own.
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" },
  });
  if (status !== 0) console.error(`apt-get ${parameters[0]} failed:\n${stdout}${stderr}`.trim());
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
