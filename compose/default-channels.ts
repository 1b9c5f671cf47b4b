import { isWellFormed } from "../common/api-key.ts";
import { checkChannel } from "../rpc/model/channel-rules.ts";
import { DeclaredChannel, type ModelConfig } from "../rpc/model/config.ts";
import { StartError } from "./start-error.ts";

/** Adds the channel that `OPENAI_API_KEY` and `OPENAI_BASE_URL` describe, unless one is declared. */
export function withOpenAI(config: ModelConfig, environment: NodeJS.ProcessEnv): ModelConfig {
  const credential = environment["OPENAI_API_KEY"];
  if (!credential) return config;
  if (isWellFormed(credential)) throw new StartError(ownKey);
  const baseUrl = environment["OPENAI_BASE_URL"] ?? "";
  const channel = DeclaredChannel.parse({
    name: "openai",
    provider: "openai",
    baseUrl,
    credential,
    modelSource: "any",
    // Whoever sets the environment runs the machine, and may well mean a server on it.
    allowPrivateNetwork: baseUrl !== "",
  });
  const [fault] = checkChannel(channel, config.limits);
  if (fault) {
    const isUrl = fault.path[0] === "baseUrl";
    throw new StartError(`${isUrl ? "OPENAI_BASE_URL" : "OPENAI_API_KEY"}: ${fault.message}`);
  }
  return withChannel(config, channel);
}

/** Left in a shell from trying the router out, it would have it send every request to itself. */
const ownKey =
  "OPENAI_API_KEY is an API key of an API Router: unset it; to send requests to another API Router, declare a channel";

/** Adds the channel of the built-in demo model, unless one is declared. */
export function withDemo(config: ModelConfig): ModelConfig {
  const channel = DeclaredChannel.parse({
    name: "demo",
    provider: "demo",
    modelSource: "list",
    models: ["demo"],
  });
  return withChannel(config, channel);
}

function withChannel(config: ModelConfig, channel: DeclaredChannel): ModelConfig {
  if (config.channels.some(({ name }) => name === channel.name)) return config;
  return { ...config, channels: [...config.channels, channel] };
}
