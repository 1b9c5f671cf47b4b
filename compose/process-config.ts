import { z } from "zod";
import { GatewayConfig } from "../api/config.ts";
import { DatabaseConfig } from "../common/db/database-config.ts";
import { RegistrationConfig } from "../common/discovery/discovery-config.ts";
import { EtcdConfig } from "../common/etcd/etcd-config.ts";
import { LogConfig } from "../common/log.ts";
import { ListenAddress } from "../common/rpc/address.ts";
import { RpcClientConfig, RpcServerConfig } from "../common/rpc/rpc-config.ts";
import { ApiKeyConfig } from "../rpc/apikey/config.ts";
import { OpenAIConfig } from "../rpc/openai/config.ts";
import { UserConfig } from "../rpc/user/config.ts";
import { ComposedModelConfig } from "./known-providers.ts";
import { SecretText } from "./secrets.ts";

/** What every process of a distributed deployment has in its file. */
const process = {
  namespace: z
    .string()
    .regex(/^[\w./-]+$/, "expected letters, digits and ._/-")
    .default("apirouter")
    .describe("First part of every etcd key; one etcd can serve several deployments."),
  etcd: EtcdConfig,
  log: LogConfig,
};

const service = { ...process, rpcServer: RpcServerConfig, registration: RegistrationConfig };

const secret = (meaning: string) =>
  SecretText.transform((text) => new Uint8Array(Buffer.from(text, "base64"))).describe(
    `${meaning} 32 random bytes in base64, from the environment.`,
  );

const secrets = {
  apiKeyPepper: secret("Keys the hashes of API keys; the same for gateway and apikey."),
  passwordPepper: secret("Keys the hashes of passwords."),
  masterKey: secret("Seals credentials and signing keys; the same for user, model and openai."),
};

const demo = z.boolean().default(false);

export const UserProcessConfig = z.strictObject({
  ...service,
  database: DatabaseConfig,
  secrets: z.strictObject({ passwordPepper: secrets.passwordPepper, masterKey: secrets.masterKey }),
  demo: demo.describe("Opens registration."),
  user: UserConfig,
});
export type UserProcessConfig = z.infer<typeof UserProcessConfig>;

export const ApiKeyProcessConfig = z.strictObject({
  ...service,
  database: DatabaseConfig,
  secrets: z.strictObject({ apiKeyPepper: secrets.apiKeyPepper }),
  apikey: ApiKeyConfig,
});
export type ApiKeyProcessConfig = z.infer<typeof ApiKeyProcessConfig>;

export const ModelProcessConfig = z.strictObject({
  ...service,
  database: DatabaseConfig,
  secrets: z.strictObject({ masterKey: secrets.masterKey }),
  rpcClient: RpcClientConfig,
  demo: demo.describe("Adds a channel with the built-in demo model."),
  model: ComposedModelConfig,
});
export type ModelProcessConfig = z.infer<typeof ModelProcessConfig>;

export const OpenAIProcessConfig = z.strictObject({
  ...service,
  secrets: z.strictObject({ masterKey: secrets.masterKey }),
  rpcClient: RpcClientConfig,
  openai: OpenAIConfig,
});
export type OpenAIProcessConfig = z.infer<typeof OpenAIProcessConfig>;

export const GatewayProcessConfig = z.strictObject({
  ...process,
  listen: ListenAddress.default("127.0.0.1:8888"),
  secrets: z.strictObject({ apiKeyPepper: secrets.apiKeyPepper }),
  rpcClient: RpcClientConfig,
  gateway: GatewayConfig,
});
export type GatewayProcessConfig = z.infer<typeof GatewayProcessConfig>;

/** The processes by name, with the schema of their files. */
export const processConfigs = {
  gateway: GatewayProcessConfig,
  user: UserProcessConfig,
  apikey: ApiKeyProcessConfig,
  model: ModelProcessConfig,
  openai: OpenAIProcessConfig,
};
