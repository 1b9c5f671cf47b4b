import { z } from "zod";

const limit = (standard: number, description: string) =>
  z.int().min(1).default(standard).describe(description);

export const ApiKeyConfig = z
  .strictObject({
    keysPerUserMax: limit(100, "Keys that one user may have at a time; deleted ones do not count."),
    nameCharactersMax: limit(100, "Length of a key's name."),
    descriptionCharactersMax: limit(1_000, "Length of a key's description."),
    endpointsMax: limit(64, "Endpoints that a key's permissions may list."),
    modelPatternsMax: limit(256, "Model names that a key may list as allowed, and as denied."),
    ipRangesMax: limit(64, "Address ranges that a key's permissions may list."),
    permissionCharactersMax: limit(200, "Length of one entry in a key's permissions."),
    rotationGraceSecondsMax: z
      .int()
      .min(0)
      .default(30 * 24 * 60 * 60)
      .describe("How long a rotated secret may go on working."),
    retiredSecretsPerKeyMax: limit(
      10,
      "Rotated secrets that are remembered for each key, so that their users are told `rotated`.",
    ),
    announceAttemptsMax: limit(
      3,
      "Attempts to tell the gateways of a change before the request fails.",
    ),
  })
  .prefault({})
  .describe("Limits of the API keys.");
export type ApiKeyConfig = z.infer<typeof ApiKeyConfig>;
