import type { z } from "zod";
import { readConfig } from "../common/config.ts";
import { createLog, type Logger } from "../common/log.ts";
import { stopOnSignals } from "../common/shutdown.ts";
import { startApiKey } from "./process/apikey.ts";
import { startGatewayProcess } from "./process/gateway.ts";
import { startModel } from "./process/model.ts";
import { startOpenAI } from "./process/openai.ts";
import { startUser } from "./process/user.ts";
import { processConfigs } from "./process-config.ts";
import type { Flags } from "./run-all-in-one.ts";
import { StartError } from "./start-error.ts";

/** Each process: its usual configuration file, and how it starts. */
const processes = {
  gateway: define("api/etc/gateway.yaml", processConfigs.gateway, startGatewayProcess),
  user: define("rpc/user/etc/user.yaml", processConfigs.user, startUser),
  apikey: define("rpc/apikey/etc/apikey.yaml", processConfigs.apikey, startApiKey),
  model: define("rpc/model/etc/model.yaml", processConfigs.model, startModel),
  openai: define("rpc/openai/etc/openai.yaml", processConfigs.openai, startOpenAI),
};

/** The command `apirouter PROCESS`: serves until it is told to stop. */
export async function runProcess(
  [name, ...rest]: readonly string[],
  { config, ...others }: Flags,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  const found = Object.entries(processes).find(([known]) => known === name)?.[1];
  const names = Object.keys(processes).join(", ");
  if (!found) throw new StartError(`there is no process "${name}"; there are ${names}`);
  if (rest.length > 0) throw new StartError(`one process at a time, not also "${rest[0]}"`);
  const [flag] = Object.keys(others);
  if (flag)
    throw new StartError(`--${flag} is for all in one; "${name}" has its configuration file`);
  await found(config || environment["APIROUTER_CONFIG"] || undefined, environment);
}

interface Written {
  readonly log: Parameters<typeof createLog>[0];
}

/** Ties a schema to the start that takes what it parses. Resolves when the process serves. */
function define<Config extends Written>(
  usualFile: string,
  schema: z.ZodType<Config>,
  start: (config: Config, log: Logger, closing: AsyncDisposableStack) => Promise<string>,
) {
  return async (file: string | undefined, environment: NodeJS.ProcessEnv): Promise<void> => {
    const config = readConfig(file ?? usualFile, schema, environment);
    const name = usualFile.replace(/^.*\/|\.yaml$/g, "");
    const log = createLog(config.log, name);
    const closing = new AsyncDisposableStack();
    stopOnSignals(log, () => closing.disposeAsync());
    try {
      process.stdout.write(`ready ${await start(config, log, closing)}\n`);
    } catch (error) {
      await closing.disposeAsync();
      throw error;
    }
  };
}
