import { globSync, readFileSync } from "node:fs";
import { posix } from "node:path";

export interface Import {
  /** As written. */
  readonly specifier: string;
  /** Path from the project's root for a file of ours; undefined for a package or a builtin. */
  readonly file: string | undefined;
  /** Erased before the program runs. */
  readonly typeOnly: boolean;
}

export interface SourceFile {
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly Import[];
}

/** Every TypeScript file of the project. */
export function readSourceFiles(root: string): SourceFile[] {
  const paths = globSync("{*.ts,{api,bench,common,compose,gen,rpc,scripts,test}/**/*.ts}", {
    cwd: root,
  });
  return paths.sort().map((path) => parseSource(path, readFileSync(`${root}/${path}`, "utf8")));
}

export function parseSource(path: string, text: string): SourceFile {
  const found = [...text.matchAll(statements), ...text.matchAll(calls)];
  const imports = found.map(({ groups = {} }) => {
    const { specifier = "", clause = "" } = groups;
    const ours = specifier.startsWith(".");
    return {
      specifier,
      file: ours ? posix.join(posix.dirname(path), specifier) : undefined,
      typeOnly: /^(import|export)\s+type\b/.test(clause),
    };
  });
  return { path, lines: text.split("\n").length - 1, imports };
}

// The formatter puts every statement at the start of a line and in double quotes, which is what
// makes a pattern enough here; TypeScript 7 has no stable parser to ask yet.
const statements =
  /^(?<clause>(?:import|export)\b(?:[^;"'`=()]*?\bfrom)?)\s*"(?<specifier>[^"\n]+)"/gm;
const calls = /\b(?:import|import\.meta\.resolve)\(\s*"(?<specifier>[^"\n]+)"\s*\)/g;
