import { isObject, type JsonObject } from "../../stream/json-object.ts";

const depthMax = 16;

/** A value that a JSON schema accepts, as far as its common keywords go. */
export function sampleValue(schema: unknown, name = "value", depth = 0): unknown {
  if (!isObject(schema) || depth > depthMax) return null;
  if ("const" in schema) return schema["const"];
  const [listed] = listAt(schema, "enum");
  if (listed !== undefined) return listed;
  const alternatives = [...listAt(schema, "anyOf"), ...listAt(schema, "oneOf")];
  const [first] = [...alternatives, ...listAt(schema, "allOf")];
  if (first !== undefined) return sampleValue(first, name, depth + 1);
  switch (typeOf(schema)) {
    case "object":
      return sampleObject(schema, depth);
    case "array":
      return [sampleValue(schema["items"] ?? { type: "string" }, name, depth + 1)];
    case "integer":
    case "number":
      return typeof schema["minimum"] === "number" ? schema["minimum"] : 1;
    case "boolean":
      return true;
    case "null":
      return null;
    default:
      return `demo ${name}`;
  }
}

function sampleObject(schema: JsonObject, depth: number): JsonObject {
  const properties = isObject(schema["properties"]) ? schema["properties"] : {};
  return Object.fromEntries(
    Object.entries(properties).map(([key, inner]) => [key, sampleValue(inner, key, depth + 1)]),
  );
}

function typeOf({ type, properties }: JsonObject): unknown {
  if (Array.isArray(type)) return type[0];
  return type ?? (properties ? "object" : "string");
}

const listAt = (schema: JsonObject, key: string): unknown[] => {
  const list = schema[key];
  return Array.isArray(list) ? list : [];
};
