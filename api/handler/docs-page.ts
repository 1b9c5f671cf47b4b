import { createHash } from "node:crypto";
import { html, raw } from "hono/html";
import { docsStyle } from "./docs-style.ts";
import type { OpenApiDocument } from "./openapi.ts";

export interface DocsPage {
  readonly html: Html;
  /** The content security policy that lets the page's own style in, and nothing else. */
  readonly policy: string;
}

type Html = ReturnType<typeof html>;
type Schema = NonNullable<NonNullable<OpenApiDocument["components"]>["schemas"]>[string];
type PathItem = NonNullable<OpenApiDocument["paths"]>[string];
type Operation = NonNullable<PathItem["get"]>;
type Content = Record<string, { schema?: Schema }> | undefined;

interface Endpoint {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

/** Renders the OpenAPI document as one page without any script; built when it is first asked for. */
export function createDocsPage(describe: () => OpenApiDocument): () => DocsPage {
  const styleHash = createHash("sha256").update(docsStyle).digest("base64");
  const policy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
  let page: DocsPage | undefined;
  return () => {
    page ??= { html: renderPage(describe()), policy };
    return page;
  };
}

function renderPage(document: OpenApiDocument): Html {
  const sections = Map.groupBy(endpointsOf(document), tagOf);
  const schemas = Object.entries(document.components?.schemas ?? {});
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${document.info.title}: API reference</title>
<style>${raw(docsStyle)}</style>
</head>
<body>
<header>
<h1>${document.info.title} <small>${document.info.version}</small></h1>
<p>${prose(document.info.description)} For programs: <a href="/openapi.json">/openapi.json</a>.</p>
</header>
<nav>${[...sections.keys()].map((tag) => html`<a href="#${anchor(tag)}">${tag}</a> `)}<a href="#schemas">Schemas</a></nav>
<main>
${[...sections].map(([tag, endpoints]) => renderSection(tag, endpoints))}
<section id="schemas"><h2>Schemas</h2>
${schemas.map(([name, schema]) => renderNamedSchema(name, schema))}
</section>
</main>
</body>
</html>`;
}

function renderSection(tag: string, endpoints: readonly Endpoint[]): Html {
  return html`<section id="${anchor(tag)}"><h2>${tag}</h2>
${endpoints.map(renderEndpoint)}
</section>
`;
}

function renderEndpoint({ method, path, operation }: Endpoint): Html {
  const { summary, operationId, parameters = [], requestBody, responses = {} } = operation;
  const body = requestBody && "content" in requestBody ? requestBody.content : undefined;
  return html`<details id="${operationId}">
<summary><b class="${method}">${method.toUpperCase()}</b> <code>${path}</code> <span>${prose(summary)}</span></summary>
<p>${accessOf(operation)}</p>
${parameters.length > 0 && html`<h3>Path and query</h3>${renderFields(parameters.flatMap(toField))}`}
${body && html`<h3>Body</h3>${renderContent(body)}`}
<h3>Answers</h3>
<dl>${Object.entries(responses).map(
    ([status, response]) =>
      html`<dt>${status}</dt><dd>${prose(response.description)} ${renderContent(response.content)}</dd>`,
  )}</dl>
</details>
`;
}

const renderNamedSchema = (name: string, schema: Schema): Html =>
  html`<details id="schema-${name}"><summary><code>${name}</code></summary>${renderSchema(schema)}</details>
`;

/** Every kind of failure has the same shape, so only its name is repeated. */
const renderContent = (content: Content): Html[] =>
  Object.entries(content ?? {}).flatMap(([type, { schema }]) => {
    if (!schema) return [];
    const label = type === "application/json" ? "" : html`<code>${type}</code> `;
    return [html`${label}${renderSchema(schema)}`];
  });

function renderSchema(schema: Schema): Html {
  if ("$ref" in schema || !schema.properties) return html`<span>${typeOf(schema)}</span>`;
  const required = new Set(schema.required ?? []);
  const fields = Object.entries(schema.properties).map(([name, property]) => ({
    name,
    schema: property,
    required: required.has(name),
    description: "$ref" in property ? undefined : property.description,
  }));
  return html`${schema.description && html`<p>${prose(schema.description)}</p>`}${renderFields(fields)}`;
}

interface Field {
  readonly name: string;
  readonly schema: Schema | undefined;
  readonly required: boolean;
  readonly description: string | undefined;
}

const renderFields = (fields: readonly Field[]): Html =>
  html`<table>${fields.map(
    ({ name, schema, required, description }) =>
      html`<tr><td><code>${name}</code>${required ? "" : html` <i>optional</i>`}</td><td>${
        schema && typeOf(schema)
      }</td><td>${prose(description)}</td></tr>`,
  )}</table>`;

const toField = (parameter: NonNullable<Operation["parameters"]>[number]): Field[] =>
  "$ref" in parameter
    ? []
    : [
        {
          name: parameter.name,
          schema: parameter.schema,
          required: parameter.required ?? false,
          description: parameter.description,
        },
      ];

/** The type in a few words, with links to named schemas. */
function typeOf(schema: Schema): unknown[] {
  if ("$ref" in schema) {
    const name = schema.$ref.split("/").at(-1) ?? "";
    return [html`<a href="#schema-${name}">${name}</a>`];
  }
  if (schema.const !== undefined) return [html`<code>${JSON.stringify(schema.const)}</code>`];
  if (schema.enum)
    return joined(
      schema.enum.map((value) => [html`<code>${String(value)}</code>`]),
      " or ",
    );
  if (schema.allOf) return joined(schema.allOf.map(typeOf), " and ");
  const parts = schema.anyOf ?? schema.oneOf;
  if (parts) return joined(parts.map(typeOf), " or ");
  if (schema.items) return ["list of ", ...typeOf(schema.items)];
  if (schema.properties) return [renderSchema(schema)];
  return [`${[schema.type ?? "any"].flat().join(" or ")}${limitsOf(schema)}`];
}

const joined = (parts: unknown[][], separator: string): unknown[] =>
  parts.flatMap((part, index) => (index === 0 ? part : [separator, ...part]));

function limitsOf(schema: Exclude<Schema, { $ref: string }>): string {
  const { format, minimum, maximum, minLength, maxLength, default: fallback } = schema;
  const limits = [
    format,
    minimum !== undefined && `at least ${minimum}`,
    maximum !== undefined && `at most ${maximum}`,
    minLength !== undefined && minLength > 1 && `at least ${minLength} characters`,
    maxLength !== undefined && `at most ${maxLength} characters`,
    fallback !== undefined && `default ${JSON.stringify(fallback)}`,
  ].filter(Boolean);
  return limits.length > 0 ? ` (${limits.join(", ")})` : "";
}

const endpointsOf = (document: OpenApiDocument): Endpoint[] =>
  Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    (["get", "post", "patch", "delete"] as const).flatMap((method) => {
      const operation: Operation | undefined = item[method];
      return operation ? [{ method, path, operation }] : [];
    }),
  );

const tagOf = ({ operation }: Endpoint): string => operation.tags?.[0] ?? "Other";

const anchor = (tag: string): string => tag.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");

function accessOf({ security = [] }: Operation): string {
  const schemes = security.flatMap((scheme) => Object.keys(scheme));
  if (schemes.includes("accessToken")) return "Needs an access token.";
  return schemes.includes("apiKey") ? "Needs an API key." : "Open to anyone.";
}

/** Text in which what stands between backticks is code. */
const prose = (text: string | undefined): unknown[] =>
  (text ?? "").split("`").map((part, index) => (index % 2 ? html`<code>${part}</code>` : part));
