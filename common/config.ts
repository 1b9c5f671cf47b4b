import { readFileSync } from "node:fs";
import { getSystemErrorMessage } from "node:util";
import {
  type Document,
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  parseDocument,
  type Scalar,
  visit,
} from "yaml";
import type { z } from "zod";

/** A configuration that cannot be used; `message` names file, key and what was expected. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/**
 * Reads a YAML configuration file, replaces `${NAME}` and `${NAME:-default}` in its values, and
 * validates it. Throws a `ConfigError` that names the file, the line, the key and the expected type.
 */
export function readConfig<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
  environment: NodeJS.ProcessEnv = process.env,
): z.output<Schema> {
  return parseConfig(readText(file), { file, schema, environment });
}

export interface ParseOptions<Schema extends z.ZodType> {
  /** For messages. */
  readonly file: string;
  readonly schema: Schema;
  readonly environment: NodeJS.ProcessEnv;
}

export function parseConfig<Schema extends z.ZodType>(
  text: string,
  { file, schema, environment }: ParseOptions<Schema>,
): z.output<Schema> {
  const lines = new LineCounter();
  // A pretty error would quote the file's lines, and secrets may stand in them.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [broken] = document.errors;
  if (broken) {
    throw new ConfigError(`${file}:${lines.linePos(broken.pos[0]).line}: ${broken.message}`);
  }
  expandVariables(document, environment, (node, key) => {
    const line = node.range ? `:${lines.linePos(node.range[0]).line}` : "";
    return `${file}${line}: ${key}`;
  });
  const result = schema.safeParse(toPlain(document, file) ?? {});
  if (result.success) return result.data;
  const where = (path: PropertyKey[]) => lineOf(document, lines, path);
  throw new ConfigError(
    result.error.issues
      .flatMap((issue) => describeIssue(issue))
      .map(({ path, message }) => `${file}${where(path)}: ${path.join(".") || "file"}: ${message}`)
      .join("\n"),
  );
}

/** An alias without an anchor is not quoted either: a secret that begins with `*` looks like one. */
function toPlain(document: Document, file: string): unknown {
  try {
    return document.toJS();
  } catch {
    throw new ConfigError(
      `${file}: an alias (\`*name\`) stands for nothing; quote text that begins with *`,
    );
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new ConfigError(`cannot read the configuration file ${file}: ${reasonOf(error)}`);
  }
}

/** What the system says, without its call's name and the path. */
function reasonOf(error: unknown): string {
  const number = error instanceof Error && "errno" in error ? error.errno : undefined;
  return typeof number === "number" ? getSystemErrorMessage(number) : String(error);
}

/**
 * Only scalar nodes are expanded, after parsing, so a value can never change the structure. `place`
 * says where a node stands.
 */
function expandVariables(
  document: Document,
  environment: NodeJS.ProcessEnv,
  place: (node: Scalar, key: string) => string,
) {
  visit(document, {
    Scalar(key, node, path) {
      if (key === "key" || typeof node.value !== "string" || !node.value.includes("${")) return;
      const keys = path.filter(isPair).map((pair) => String(pair.key));
      const expanded = expandText(node.value, environment, () => place(node, keys.join(".")));
      // A plain (unquoted) scalar takes the type it would have had if written out.
      node.value = node.type === "PLAIN" ? plainValue(expanded) : expanded;
    },
  });
}

const variablePattern = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

const expandText = (text: string, environment: NodeJS.ProcessEnv, place: () => string): string =>
  text.replace(variablePattern, (_whole, name: string, fallback: string | undefined) => {
    const value = environment[name];
    if (value !== undefined && (value !== "" || fallback === undefined)) return value;
    if (fallback !== undefined) return fallback;
    throw new ConfigError(`${place()}: the environment variable ${name} is not set`);
  });

function plainValue(text: string): unknown {
  if (text === "true" || text === "false") return text === "true";
  if (/^-?\d+(\.\d+)?$/.test(text) && String(Number(text)) === text) return Number(text);
  return text;
}

interface Finding {
  readonly path: PropertyKey[];
  readonly message: string;
}

function describeIssue(issue: z.core.$ZodIssue): Finding[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ path: [...issue.path, key], message: "unknown key" }));
  }
  return [{ path: issue.path, message: issue.message }];
}

/** The line of the key at a path, or of the deepest key on the way there. */
function lineOf(document: Document, lines: LineCounter, path: PropertyKey[]): string {
  for (let depth = path.length; depth > 0; depth--) {
    const node = keyAt(document, path.slice(0, depth));
    if (isNode(node) && node.range) return `:${lines.linePos(node.range[0]).line}`;
  }
  return "";
}

/** In a map the key itself, as its value may begin lines further down; in a list the item. */
function keyAt(document: Document, path: PropertyKey[]): unknown {
  const parent = document.getIn(path.slice(0, -1), true);
  if (!isMap(parent)) return document.getIn(path, true);
  return parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1))?.key;
}
