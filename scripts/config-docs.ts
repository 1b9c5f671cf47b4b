import { z } from "zod";
import { AllInOneConfig } from "../compose/all-in-one-config.ts";
import { processConfigs } from "../compose/process-config.ts";

/**
 * `docs/configuration.md` from the very schemas that validate the files. `npm run gen` writes it; a
 * test keeps it true.
 */
export function configurationPage(): string {
  const sections = [
    section("All in one", "What `npm start -- --config FILE` reads.", AllInOneConfig),
    ...Object.entries(processConfigs).map(([name, schema]) =>
      section(
        `Process \`${name}\``,
        `What \`node apirouter.ts ${name} --config FILE\` reads.`,
        schema,
      ),
    ),
  ];
  return `${introduction}\n${sections.join("\n")}`;
}

const introduction = `# Configuration

<!-- Generated from the schemas by \`npm run gen\`. Never edited. -->

A configuration file is YAML. \`\${NAME}\` in a value stands for an environment variable, and
\`\${NAME:-default}\` has a fallback. An unknown key or a wrong type stops the start, and is named with
its file, line and path. Times and sizes carry their unit in the name of the key. Command-line options
and \`APIROUTER_*\` variables win over the file (see \`--help\`).
`;

interface Row {
  readonly key: string;
  readonly type: string;
  readonly fallback: string;
  readonly description: string;
}

interface Shape {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Shape[];
  readonly items?: Shape;
  readonly properties?: Record<string, Shape>;
  readonly additionalProperties?: Shape | boolean;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
}

function section(title: string, text: string, schema: z.ZodType): string {
  const shape = z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    reused: "inline",
  }) as Shape;
  const rows = rowsOf(shape, "").map(
    ({ key, type, fallback, description }) =>
      `| \`${key}\` | ${type} | ${fallback} | ${description} |`,
  );
  return [
    `## ${title}`,
    "",
    text,
    "",
    "| key | type | default | meaning |",
    "|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}

/** A row for each key that holds a value; a group's own description stands in front of its keys'. */
function rowsOf(shape: Shape, path: string): Row[] {
  return Object.entries(shape.properties ?? {}).flatMap(([name, inner]) => {
    const key = path ? `${path}.${name}` : name;
    if (inner.properties) return rowsOf(inner, key);
    const required = shape.required?.includes(name);
    const row: Row = {
      key,
      type: typeOf(inner),
      fallback: required ? "required" : code(inner.default),
      description: (inner.description ?? "").replaceAll("|", "\\|"),
    };
    return [row, ...rowsOf(inner.items ?? {}, `${key}[]`)];
  });
}

function typeOf(shape: Shape): string {
  if (shape.enum) return shape.enum.map(code).join(" or ");
  if (shape.anyOf) return shape.anyOf.map(typeOf).join(" or ");
  if (shape.items) return `list of ${typeOf(shape.items)}`;
  const range = [shape.minimum, shape.maximum].map((end) => (isLimit(end) ? end : undefined));
  const suffix = range.every((end) => end === undefined)
    ? ""
    : ` ${range[0] ?? ""}..${range[1] ?? ""}`;
  return `${shape.const === undefined ? (shape.type ?? "text") : code(shape.const)}${suffix}`;
}

/** Zod notes the safe integers as bounds where the schema has none. */
const isLimit = (end: number | undefined) =>
  end !== undefined && Number.isSafeInteger(end) && Math.abs(end) !== Number.MAX_SAFE_INTEGER;

const code = (value: unknown) => (value === undefined ? "" : `\`${JSON.stringify(value)}\``);
