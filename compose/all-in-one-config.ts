import { z } from "zod";
import { GatewayConfig } from "../api/config.ts";
import { DatabaseLimits } from "../common/db/database-config.ts";
import { LogConfig } from "../common/log.ts";
import { ApiKeyConfig } from "../rpc/apikey/config.ts";
import { OpenAIConfig } from "../rpc/openai/config.ts";
import { UserConfig } from "../rpc/user/config.ts";
import { ComposedModelConfig } from "./known-providers.ts";

/** The file that `npm start -- --config FILE` reads. */
export const AllInOneConfig = z.strictObject({
  host: z
    .string()
    .min(1, "expected an address")
    .default("127.0.0.1")
    .describe("Address to listen on."),
  port: z.int().min(0).max(65535).default(8888).describe("Port to listen on; 0 takes a free one."),
  data: z.string().min(1).default("data").describe("Folder for databases and secrets."),
  demo: z
    .boolean()
    .default(false)
    .describe("Adds a channel with the built-in demo model and opens registration."),
  log: LogConfig,
  database: DatabaseLimits,
  gateway: GatewayConfig,
  user: UserConfig,
  apikey: ApiKeyConfig,
  model: ComposedModelConfig,
  openai: OpenAIConfig,
});
export type AllInOneConfig = z.infer<typeof AllInOneConfig>;
