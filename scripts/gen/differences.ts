import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Paths of generated files that a copy, freshly generated, has otherwise than the project. */
export function differences(copy: string, root: string): string[] {
  const owned = find(["gen/**/*.ts", "rpc/*/methods.ts"], copy, root).filter(
    (path) => read(copy, path) !== read(root, path),
  );
  // Logic belongs to its author from the moment it exists.
  const skeletons = find(["rpc/*/logic/*.ts"], copy).filter(
    (path) => !existsSync(join(root, path)),
  );
  return [...owned, ...skeletons];
}

function find(globs: string[], ...folders: string[]): string[] {
  const found = folders.flatMap((cwd) => globSync(globs, { cwd }));
  return [...new Set(found)].sort();
}

const read = (folder: string, path: string) =>
  existsSync(join(folder, path)) ? readFileSync(join(folder, path), "utf8") : undefined;
