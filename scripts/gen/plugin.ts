import { existsSync } from "node:fs";
import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { createEcmaScriptPlugin, type GeneratedFile, type Schema } from "@bufbuild/protoplugin";

/**
 * The plugin behind `npm run gen` that does what goctl does for go-zero. For `rpc/<name>/<name>.proto`
 * it writes `rpc/<name>/methods.ts`, which binds every method to `logic/<method>.ts`, and a typed
 * skeleton for each of those files that does not exist yet. A file that exists is never written.
 */
export const servicePlugin = createEcmaScriptPlugin({
  name: "protoc-gen-service",
  version: "v1",
  generateTs(schema) {
    for (const file of schema.files) {
      if (!file.name.startsWith("rpc/")) continue;
      for (const service of file.services) generateService(schema, service);
    }
  },
});

function generateService(schema: Schema, service: DescService) {
  const place = placeOf(service);
  const methods = schema.generateFile(`${place.folder}/methods.ts`);
  printMethods(methods, service);
  for (const method of service.methods) {
    const path = `${place.folder}/logic/${kebabCase(method.name)}.ts`;
    if (!existsSync(path)) printSkeleton(schema.generateFile(path), method);
  }
}

function printMethods(f: GeneratedFile, service: DescService) {
  const { pascal, contract } = placeOf(service);
  f.print(`// Generated from ${service.file.name}.proto by \`npm run gen\`. Never edited.`);
  f.print(`import type { ServiceImplementation } from "../../common/rpc/service.ts";`);
  f.print(`import type { ${service.name} } from "${contract}";`);
  f.print(`import type { ${pascal}Context } from "./context.ts";`);
  const imports = service.methods.map((m) => [kebabCase(m.name), m.localName] as const);
  for (const [file, local] of imports.toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    f.print(`import { ${local} } from "./logic/${file}.ts";`);
  }
  f.print();
  f.print(`/** Binds every method of ${service.name} to its logic. */`);
  f.print(`export function create${pascal}Methods(`);
  f.print(`  context: ${pascal}Context,`);
  f.print(`): ServiceImplementation<typeof ${service.name}> {`);
  f.print("  return {");
  for (const { localName } of service.methods) {
    f.print(`    ${localName}: (request, call) => ${localName}(context, request, call),`);
  }
  f.print("  };");
  f.print("}");
}

function printSkeleton(f: GeneratedFile, method: DescMethod) {
  const { pascal, contract } = placeOf(method.parent);
  const streams = method.methodKind === "server_streaming";
  const result = streams ? "AsyncGenerator" : "Promise";
  f.print(`import type { MessageInitShape } from "@bufbuild/protobuf";`);
  f.print(`import { AppError } from "../../../common/errors.ts";`);
  f.print(`import type { Call } from "../../../common/rpc/call.ts";`);
  f.print(
    `import type { ${method.input.name}, ${method.output.name}Schema } from "../${contract}";`,
  );
  f.print(`import type { ${pascal}Context } from "../context.ts";`);
  f.print();
  if (streams) f.print("// biome-ignore lint/correctness/useYield: a skeleton");
  f.print(`export async function${streams ? "*" : ""} ${method.localName}(`);
  f.print(`  _context: ${pascal}Context,`);
  f.print(`  _request: ${method.input.name},`);
  f.print("  _call: Call,");
  f.print(`): ${result}<MessageInitShape<typeof ${method.output.name}Schema>> {`);
  f.print(`  throw new AppError("unimplemented", "${method.name} is not written yet");`);
  f.print("}");
}

function placeOf(service: DescService) {
  const name = service.file.name.split("/")[1] ?? "";
  return {
    folder: `rpc/${name}`,
    contract: `../../gen/${service.file.name}_pb.ts`,
    pascal: service.name.replace(/Service$/, ""),
  };
}

const kebabCase = (name: string) =>
  name.replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
