#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { parseArgs } from "node:util";

const usage = `API Router, an LLM gateway.

  npm start -- [options]                 everything in one process (the default)
  node apirouter.ts PROCESS [options]    one process of a distributed deployment:
                                         gateway, user, apikey, model or openai

Options, each with its environment variable:
  --config FILE   APIROUTER_CONFIG  YAML configuration
  --help                            this text
  --version                         the version
All in one only:
  --host HOST     APIROUTER_HOST    address to listen on (127.0.0.1)
  --port N        APIROUTER_PORT    port to listen on (8888); 0 takes a free one
  --data DIR      APIROUTER_DATA    folder for databases and secrets (./data)
  --demo          APIROUTER_DEMO    a built-in model, and open registration

OPENAI_API_KEY (and OPENAI_BASE_URL) in the environment make a channel to that provider.
docs/configuration.md lists every key of the configuration file.
`;

const options = {
  host: { type: "string" },
  port: { type: "string" },
  data: { type: "string" },
  config: { type: "string" },
  demo: { type: "boolean" },
  help: { type: "boolean" },
  version: { type: "boolean" },
} as const;

try {
  await main(process.argv.slice(2));
} catch (error) {
  const { explainFailure } = await import("./compose/start-error.ts");
  console.error(`apirouter: ${explainFailure(error)}`);
  process.exit(1);
}

async function main(args: string[]) {
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  if (values.help) return process.stdout.write(usage);
  if (values.version) return process.stdout.write(`${version()}\n`);
  // The next start is quicker by a third. Where the folder is not ours to write, nothing happens.
  enableCompileCache(join(import.meta.dirname, "node_modules", ".cache", "node"));
  const kept = keptByNpm(process.env);
  if (kept) {
    const { StartError } = await import("./compose/start-error.ts");
    throw new StartError(`npm kept --${kept} for itself; write: npm start -- --${kept}`);
  }
  if (positionals.length === 0) {
    const { runAllInOne } = await import("./compose/run-all-in-one.ts");
    return await runAllInOne(values, process.env);
  }
  const { runProcess } = await import("./compose/run-process.ts");
  return await runProcess(positionals, values, process.env);
}

/** Without a "--" before it, npm takes an option as its own and starts us without it. */
function keptByNpm(environment: NodeJS.ProcessEnv): string | undefined {
  if (environment["npm_lifecycle_event"] !== "start") return undefined;
  return Object.keys(options).find((name) => environment[`npm_config_${name}`] !== undefined);
}

function version(): string {
  const file = new URL("package.json", import.meta.url);
  return JSON.parse(readFileSync(file, "utf8")).version;
}
