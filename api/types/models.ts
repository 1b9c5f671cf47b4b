import { z } from "@hono/zod-openapi";
import type {
  Model as ModelMessage,
  Prices as PricesMessage,
} from "../../gen/rpc/model/model_pb.ts";
import { line, orNull, pageOf, pageQuery, timestamp, toTimestamp } from "./fields.ts";

const tokensMax = 1_000_000_000;
const microUsdMax = 1_000_000_000_000;
const listItemsMax = 64;

/** Slashes and colons are common in model names; empty, `.` and `..` segments would not survive a URL. */
export const modelName = line(256)
  .regex(/^[^\s*?#%\\]+$/, "must not contain white space or any of * ? # % \\")
  .refine(
    (value) => !value.split("/").some((segment) => ["", ".", ".."].includes(segment)),
    'must not have an empty, "." or ".." segment',
  )
  .openapi({ example: "openai/gpt-4o" });

const price = z.int().min(0).max(microUsdMax).nullable();
export const Prices = z
  .object({
    input: price,
    output: price,
    cached_input: price,
    cache_write: price,
    reasoning: price,
    audio_input: price,
    audio_output: price,
  })
  .openapi("Prices", {
    description: "Micro-USD per million tokens; null where the price is unknown.",
  });
export type Prices = z.infer<typeof Prices>;
const PricesInput = z.strictObject(Prices.partial().shape).openapi("PricesInput");

const modality = z.enum(["text", "image", "audio", "video", "file"]);
const modalities = z.array(modality).max(listItemsMax);
const capabilities = z
  .array(
    z
      .string()
      .max(64)
      .regex(/^[a-z0-9_]+$/, "must be lower case, such as structured_output"),
  )
  .max(listItemsMax);
const tokens = z.int().min(1).max(tokensMax).nullable();

export const Model = z
  .object({
    id: z.string().describe("The name that callers use."),
    display_name: z.string().nullable(),
    owner: z.string().nullable(),
    context_tokens_max: z.int().nullable(),
    output_tokens_max: z.int().nullable(),
    input_modalities: z.array(z.string()),
    output_modalities: z.array(z.string()),
    capabilities: z.array(z.string()),
    prices: Prices,
    source: z.enum(["api", "config"]).describe("What the config file declares is changed there."),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .openapi("Model");
export type Model = z.infer<typeof Model>;

export const ModelPage = pageOf("ModelPage", Model);
export type ModelPage = z.infer<typeof ModelPage>;

const changeable = {
  display_name: line(256).nullish(),
  owner: line(128).nullish(),
  context_tokens_max: tokens.optional(),
  output_tokens_max: tokens.optional(),
  input_modalities: modalities.optional(),
  output_modalities: modalities.optional(),
  capabilities: capabilities.optional(),
  prices: PricesInput.optional(),
};

export const CreateModel = z.strictObject({ id: modelName, ...changeable });
export const UpdateModel = z.strictObject({ id: modelName, ...changeable });
export const ModelById = z.strictObject({ id: modelName });
export const ListModels = z.strictObject({
  ...pageQuery,
  search: line(256).optional().describe("Part of an id or a display name."),
});

export const toModel = (model: ModelMessage): Model => ({
  id: model.id,
  display_name: orNull(model.displayName),
  owner: orNull(model.owner),
  context_tokens_max: model.contextTokensMax || null,
  output_tokens_max: model.outputTokensMax || null,
  input_modalities: model.inputModalities,
  output_modalities: model.outputModalities,
  capabilities: model.capabilities,
  prices: toPrices(model.prices),
  source: Model.shape.source.parse(model.source),
  created_at: toTimestamp(model.createdAtMs),
  updated_at: toTimestamp(model.updatedAtMs),
});

const toPrices = (prices: PricesMessage | undefined): Prices => ({
  input: prices?.input ?? null,
  output: prices?.output ?? null,
  cached_input: prices?.cachedInput ?? null,
  cache_write: prices?.cacheWrite ?? null,
  reasoning: prices?.reasoning ?? null,
  audio_input: prices?.audioInput ?? null,
  audio_output: prices?.audioOutput ?? null,
});

/** A price table as the service takes it. */
export const fromPrices = (prices: z.output<typeof PricesInput>) => ({
  input: prices.input ?? undefined,
  output: prices.output ?? undefined,
  cachedInput: prices.cached_input ?? undefined,
  cacheWrite: prices.cache_write ?? undefined,
  reasoning: prices.reasoning ?? undefined,
  audioInput: prices.audio_input ?? undefined,
  audioOutput: prices.audio_output ?? undefined,
});
