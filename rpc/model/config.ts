import { z } from "zod";
import { checkChannel } from "./channel-rules.ts";
import { count, ModelLimits } from "./limits.ts";
import { checkModel } from "./model-rules.ts";
import { priceClasses } from "./records.ts";

const dayMs = 86_400_000;

const duration = (value: number, description: string) =>
  count(value, `${description} Milliseconds.`).refine((ms) => ms <= dayMs, {
    message: `expected at most ${dayMs}, which is a day`,
  });

export const DiscoveryConfig = z
  .strictObject({
    refreshMs: duration(600_000, "How long an upstream's list of models counts as fresh."),
    retryMs: duration(
      30_000,
      "After a failed discovery, how long until the next one. Also how often, roughly, a replica " +
        "looks for channels whose list is stale.",
    ),
    timeoutMs: duration(15_000, "How long an upstream may take to name its models."),
    concurrencyMax: count(4, "Upstreams that one replica asks at the same time."),
  })
  .refine(({ retryMs, refreshMs }) => retryMs <= refreshMs, {
    path: ["retryMs"],
    message: "expected at most refreshMs",
  })
  .prefault({})
  .describe("Asking upstreams which models they have.");
export type DiscoveryConfig = z.infer<typeof DiscoveryConfig>;

const text = (description: string) => z.string().default("").describe(description);
const labels = (description: string) => z.array(z.string()).default([]).describe(description);
const tokens = (description: string) => z.int().default(0).describe(description);

const DeclaredPrices = z
  .partialRecord(z.enum(priceClasses), z.number())
  .default({})
  .describe(
    `Prices in micro-USD per million tokens; a class left out is unknown. Classes: ${priceClasses.join(", ")}.`,
  );

export const DeclaredModel = z.strictObject({
  id: z.string().describe("The name that callers use."),
  displayName: text("The name that people read; the id when left out."),
  owner: text("Who made the model, such as `openai`."),
  contextTokensMax: tokens("Tokens of the context window; 0 when unknown."),
  outputTokensMax: tokens("Tokens of the longest answer; 0 when unknown."),
  inputModalities: labels("What it reads: `text`, `image`, `audio`, `video`, `file`."),
  outputModalities: labels("What it writes: `text`, `image`, `audio`, `video`, `file`."),
  capabilities: labels("Such as `tools`, `structured_output`, `reasoning`."),
  prices: DeclaredPrices,
});
export type DeclaredModel = z.infer<typeof DeclaredModel>;

const DeclaredServedModel = z.union([
  z.string().transform((name) => ({ name, upstreamName: "" })),
  z.strictObject({
    name: z.string().describe("The name that callers use."),
    upstreamName: text("The name that the upstream knows; the same when left out."),
  }),
]);

export const DeclaredChannel = z.strictObject({
  name: z.string().describe("Names the channel; it stays the same channel while the name does."),
  provider: z.string().describe("An entry of the provider registry, such as `openai`."),
  baseUrl: text("Where the provider listens; the provider's own address when left out."),
  // biome-ignore lint/suspicious/noTemplateCurlyInString: this is how a configuration names one
  credential: text("The provider's secret, as `${VARIABLE}`. Sealed before it is stored."),
  enabled: z.boolean().default(true).describe("Whether it takes requests."),
  modelSource: z
    .enum(["list", "discover", "any"])
    .default("discover")
    .describe(
      "`list` serves the models below, `discover` also those that the upstream names, `any` every name.",
    ),
  models: z
    .array(DeclaredServedModel)
    .default([])
    .describe("Models that it serves: a name, or a name and the upstream's name for it."),
  allowPrivateNetwork: z
    .boolean()
    .default(false)
    .describe("Lets the base URL be a private, loopback or link-local address."),
});
export type DeclaredChannel = z.infer<typeof DeclaredChannel>;

export const ModelConfig = z
  .strictObject({
    models: z
      .array(DeclaredModel)
      .default([])
      .describe("Catalogue entries. What is declared here can be changed only here."),
    channels: z
      .array(DeclaredChannel)
      .default([])
      .describe("Channels to providers. What is declared here can be changed only here."),
    discovery: DiscoveryConfig,
    limits: ModelLimits,
  })
  .superRefine((config, context) => {
    const report = (list: string, index: number, path: PropertyKey[], message: string) =>
      context.addIssue({ code: "custom", path: [list, index, ...path], message });
    config.models.forEach((model, index) => {
      for (const { path, message } of checkModel(model, config.limits)) {
        report("models", index, path, message);
      }
    });
    config.channels.forEach((channel, index) => {
      for (const { path, message } of checkChannel(channel, config.limits)) {
        report("channels", index, path, message);
      }
    });
    for (const index of repeated(config.models.map(({ id }) => id))) {
      report("models", index, ["id"], "declared twice");
    }
    for (const index of repeated(config.channels.map(({ name }) => name))) {
      report("channels", index, ["name"], "declared twice");
    }
  })
  .prefault({})
  .describe("The model service: the catalogue, and the channels that serve it.");
export type ModelConfig = z.infer<typeof ModelConfig>;

/** The positions of values that stand further up already. */
const repeated = (values: string[]): number[] =>
  values.flatMap((value, index) => (values.indexOf(value) < index ? [index] : []));
