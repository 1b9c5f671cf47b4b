import type { Import, SourceFile } from "./source-files.ts";

/** A rule looks at one import of one file; `broken` says what is wrong with it, if anything is. */
export interface ImportRule {
  readonly name: string;
  broken(file: SourceFile, imported: Import): boolean;
}

const isTest = (path: string) => path.endsWith(".test.ts") || path.startsWith("test/");
const isBench = (path: string) => path.startsWith("bench/");
const isRoot = (path: string) => path === "apirouter.ts" || path.startsWith("compose/");

/** The process a file belongs to: `api` or `rpc/<name>`. */
const processOf = (path: string) => /^(api|rpc\/[^/]+)\//.exec(path)?.[1];

/** What turns bytes on a wire or rows in a table into values: none of logic's business. */
const frameworks =
  /^(hono|@hono\/.*|node:(http|https|http2|net|tls|dgram|sqlite)|undici|nice-grpc.*|@grpc\/.*|pg|kysely)(\/.*)?$/;

const storeBuilders = /^rpc\/[^/]+\/(context|stores)\.ts$/;
const provider = /^rpc\/openai\/provider\/(?!provider\.ts$|registry\.ts$)[^/]+\.ts$/;

export const importRules: readonly ImportRule[] = [
  {
    name: "common/ imports nothing but common/ and generated contracts",
    broken: ({ path }, { file }) =>
      path.startsWith("common/") && !isTest(path) && file !== undefined && !within(file, shared),
  },
  {
    name: "api/ and each rpc/<name>/ meet only through generated contracts",
    broken: ({ path }, { file }) => {
      const own = processOf(path);
      if (own === undefined || isTest(path) || file === undefined) return false;
      return !within(file, [...shared, `${own}/`]);
    },
  },
  {
    name: "only the composition root, tests and tools import compose/",
    broken: ({ path }, { file }) =>
      file?.startsWith("compose/") === true &&
      !(isRoot(path) || isTest(path) || isBench(path) || path.startsWith("scripts/")),
  },
  {
    name: "only tests and tools import scripts/, test/ and bench/",
    broken: ({ path }, { file }) =>
      file !== undefined &&
      within(file, ["scripts/", "test/", "bench/"]) &&
      !(isTest(path) || within(path, ["scripts/", "bench/"])),
  },
  {
    name: "logic/ knows no framework, transport or database",
    broken: ({ path }, { specifier }) =>
      /^(api|rpc\/[^/]+)\/logic\//.test(path) && !isTest(path) && frameworks.test(specifier),
  },
  {
    name: "a store's implementation is imported only where the context is built",
    broken: ({ path }, { file, typeOnly }) =>
      /^rpc\/[^/]+\/store\//.test(file ?? "") &&
      !typeOnly &&
      !isTest(path) &&
      !/^rpc\/[^/]+\/store\//.test(path) &&
      !storeBuilders.test(path),
  },
  {
    name: "only the registry imports providers, and no provider another",
    broken: ({ path }, { file }) =>
      provider.test(file ?? "") && path !== "rpc/openai/provider/registry.ts" && !isTest(path),
  },
];

/** package.json for the version. */
const shared = ["common/", "gen/", "package.json"];

const within = (file: string, folders: readonly string[]) =>
  folders.some((folder) => file.startsWith(folder));
