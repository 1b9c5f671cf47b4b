import { spawnSync } from "node:child_process";
import { cpSync, existsSync, globSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** What the generators said; the message is for the person at the terminal. */
export class GenerationError extends Error {
  override readonly name = "GenerationError";
}

const needed = [
  ...["common", "rpc", "scripts/gen"],
  ...["buf.yaml", "buf.gen.yaml", "biome.json", "package.json", ".gitignore"],
];

/**
 * Generates into a copy of the project, so that a failure leaves the project as it was. Returns
 * the copy's folder, which the caller removes.
 */
export function generateInCopy(root: string): string {
  const copy = mkdtempSync(join(tmpdir(), "apirouter-gen-"));
  try {
    for (const path of needed) cpSync(join(root, path), join(copy, path), { recursive: true });
    symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
    const existing = new Set(sources(copy));
    run(copy, "buf", ["lint"]);
    run(copy, "buf", ["generate"]);
    const written = sources(copy).filter(
      (path) => !existing.has(path) || path.endsWith("/methods.ts"),
    );
    if (written.length > 0)
      run(copy, "biome", ["check", "--write", "--vcs-enabled=false", ...written]);
    return copy;
  } catch (error) {
    rmSync(copy, { recursive: true, force: true });
    throw error;
  }
}

const sources = (folder: string) => globSync("rpc/**/*.ts", { cwd: folder });

function run(cwd: string, program: string, parameters: readonly string[]): void {
  const tools = join(cwd, "node_modules", ".bin");
  if (!existsSync(tools)) throw new GenerationError("the development dependencies are missing");
  const { status, stdout, stderr, error } = spawnSync(join(tools, program), parameters, {
    cwd,
    encoding: "utf8",
    env: { ...process.env, PATH: [tools, process.env["PATH"]].join(delimiter) },
  });
  if (status === 0) return;
  const said = error?.message ?? `${stdout}${stderr}`.trim();
  throw new GenerationError(`${program} ${parameters[0]} failed:\n${said}`);
}
