import { isLoopback } from "../common/access/loopback.ts";
import { parseConfig, readConfig } from "../common/config.ts";
import { createLog } from "../common/log.ts";
import { stopOnSignals } from "../common/shutdown.ts";
import { startAllInOne } from "./all-in-one.ts";
import { AllInOneConfig } from "./all-in-one-config.ts";
import { withDemo, withOpenAI } from "./default-channels.ts";
import { printSetupToken } from "./setup-notice.ts";
import { StartError } from "./start-error.ts";

export interface Flags {
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly data?: string | undefined;
  readonly config?: string | undefined;
  readonly demo?: boolean | undefined;
}

/** The command `apirouter` without a process name: serves until it is told to stop. */
export async function runAllInOne(flags: Flags, environment: NodeJS.ProcessEnv): Promise<void> {
  const config = resolveConfig(flags, environment);
  const log = createLog(config.log, "apirouter");
  const starting = startAllInOne(config, log);
  stopOnSignals(log, async () => (await starting).stop());
  const { url, setupToken } = await starting;
  if (setupToken && !isLoopback(config.host)) printSetupToken(setupToken);
  process.stdout.write(`ready ${url}\n`);
}

/** Flags win over the environment, the environment over the file, the file over the defaults. */
export function resolveConfig(flags: Flags, environment: NodeJS.ProcessEnv): AllInOneConfig {
  const given = (flag: keyof typeof variables) => read(flag, flags, environment);
  const schema = AllInOneConfig;
  const file = given("config");
  const written = file
    ? readConfig(file, schema, environment)
    : parseConfig("", { file: "defaults", schema, environment });
  const port = given("port");
  const config = {
    ...written,
    host: given("host") ?? written.host,
    port: port === undefined ? written.port : parsePort(port),
    data: given("data") ?? written.data,
    demo: flags.demo ?? parseSwitch(environment["APIROUTER_DEMO"]) ?? written.demo,
  };
  const channels = withOpenAI(config.model, environment);
  if (!config.demo) return { ...config, model: channels };
  return { ...config, model: withDemo(channels), user: { registration: "open", ...config.user } };
}

const variables = {
  config: "APIROUTER_CONFIG",
  host: "APIROUTER_HOST",
  port: "APIROUTER_PORT",
  data: "APIROUTER_DATA",
} as const;

/** Empty text never counts as a value: as a host, for one, it would mean every address. */
function read(flag: keyof typeof variables, flags: Flags, environment: NodeJS.ProcessEnv) {
  if (flags[flag] === "") throw new StartError(`--${flag} needs a value`);
  return flags[flag] ?? (environment[variables[flag]] || undefined);
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65535)) throw new StartError(`the port must be from 0 to 65535, not "${text}"`);
  return port;
}

function parseSwitch(text: string | undefined): boolean | undefined {
  if (text === undefined || text === "") return undefined;
  if (text === "true" || text === "1") return true;
  if (text === "false" || text === "0") return false;
  throw new StartError(`APIROUTER_DEMO must be "true" or "false", not "${text}"`);
}
