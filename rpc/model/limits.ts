import { z } from "zod";

/** A limit of at least one. */
export const count = (value: number, description: string) =>
  z.int().positive().default(value).describe(description);

export const ModelLimits = z
  .strictObject({
    modelsMax: count(10_000, "Models in the catalogue."),
    channelsMax: count(1_000, "Channels."),
    modelsPerChannelMax: count(
      2_000,
      "Models that one channel lists; of what an upstream names, the rest is left out.",
    ),
    nameCharsMax: count(200, "Characters of a model id, a channel name or any other name."),
    baseUrlCharsMax: count(2_000, "Characters of a channel's base URL."),
    credentialCharsMax: count(8_000, "Characters of a channel's credential."),
    labelsMax: count(50, "Entries of a model's modalities and capabilities, each list for itself."),
    priceMicroUsdMax: count(1_000_000_000_000, "A price, in micro-USD per million tokens."),
  })
  .prefault({})
  .describe("What is taken at most.");
export type ModelLimits = z.infer<typeof ModelLimits>;
