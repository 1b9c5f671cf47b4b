import { z } from "@hono/zod-openapi";
import type { Channel as ChannelMessage } from "../../gen/rpc/model/model_pb.ts";
import {
  id,
  line,
  orNull,
  pageOf,
  pageQuery,
  timestamp,
  toTimestamp,
  toTimestampOrNull,
  wrongForm,
} from "./fields.ts";
import { modelName } from "./models.ts";

const modelsMax = 10_000;

const modelSource = z
  .enum(["list", "discover", "any"])
  .describe(
    "`list`: the models listed here; `discover`: those that the upstream names; `any`: every name.",
  );

export const ServedModel = z
  .object({
    name: z.string().describe("The name that callers use."),
    upstream_name: z.string().nullable().describe("The upstream's name; null for the same."),
  })
  .openapi("ServedModel");
/** As in the configuration file, a name alone will do. */
const ServedModelInput = z
  .preprocess(
    (model) => (typeof model === "string" ? { name: model } : model),
    z.strictObject({ name: modelName, upstream_name: line(256).nullish() }),
  )
  .openapi("ServedModelInput", { description: 'A name alone stands for `{"name": ...}`.' });

export const Channel = z
  .object({
    id,
    name: z.string(),
    provider: z.string(),
    base_url: z.string().nullable().describe("Null for the provider's own."),
    enabled: z.boolean(),
    model_source: modelSource,
    models: z.array(ServedModel).describe("Listed by hand; renamed models apply in every mode."),
    discovered_models: z.array(z.string()),
    discovered_at: timestamp.nullable(),
    discovery_error: z.string().nullable(),
    has_credential: z.boolean(),
    allow_private_network: z.boolean(),
    source: z.enum(["api", "config"]).describe("What the config file declares is changed there."),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .openapi("Channel");
export type Channel = z.infer<typeof Channel>;

export const ChannelPage = pageOf("ChannelPage", Channel);
export type ChannelPage = z.infer<typeof ChannelPage>;

export const ChannelTest = z
  .object({
    ok: z.boolean(),
    status: z.int().nullable().describe("The upstream's HTTP status; null when not reached."),
    latency_ms: z.int(),
    message: z.string().nullable().describe("What went wrong; null when ok."),
    models: z.array(z.string()),
  })
  .openapi("ChannelTest");
export type ChannelTest = z.infer<typeof ChannelTest>;

const name = line(256).min(1);
const baseUrl = z
  .url({ protocol: /^https?$/, error: wrongForm("must be an http or https URL") })
  .max(2048)
  .nullish();
const credential = line(16_384)
  .nullish()
  .describe("The provider's secret. Sealed before it is stored, and never given out again.")
  .openapi({ writeOnly: true, format: "password" });
const models = z.array(ServedModelInput).max(modelsMax);
const allowPrivateNetwork = z
  .boolean()
  .describe("Lets the base URL be a private, loopback or link-local address.");

export const CreateChannel = z.strictObject({
  name,
  provider: line(64).min(1).openapi({ example: "openai" }),
  base_url: baseUrl,
  credential,
  enabled: z.boolean().default(true),
  model_source: modelSource.optional().openapi({
    description: "`list` when models are listed, else `discover`.",
  }),
  models: models.default([]),
  allow_private_network: allowPrivateNetwork.default(false),
});

export const UpdateChannel = z.strictObject({
  id,
  name: name.optional(),
  base_url: baseUrl,
  credential,
  enabled: z.boolean().optional(),
  model_source: modelSource.optional(),
  models: models.optional(),
  allow_private_network: allowPrivateNetwork.optional(),
});

export const ListChannels = z.strictObject(pageQuery);

export const toChannel = (channel: ChannelMessage): Channel => ({
  id: channel.id,
  name: channel.name,
  provider: channel.provider,
  base_url: orNull(channel.baseUrl),
  enabled: channel.enabled,
  model_source: modelSource.parse(channel.modelSource),
  models: channel.models.map((served) => ({
    name: served.name,
    upstream_name: orNull(served.upstreamName),
  })),
  discovered_models: channel.discoveredModels,
  discovered_at: toTimestampOrNull(channel.discoveredAtMs),
  discovery_error: orNull(channel.discoveryError),
  has_credential: channel.hasCredential,
  allow_private_network: channel.allowPrivateNetwork,
  source: Channel.shape.source.parse(channel.source),
  created_at: toTimestamp(channel.createdAtMs),
  updated_at: toTimestamp(channel.updatedAtMs),
});

export const fromServedModels = (served: readonly z.output<typeof ServedModelInput>[]) =>
  served.map(({ name, upstream_name }) => ({ name, upstreamName: upstream_name ?? "" }));
