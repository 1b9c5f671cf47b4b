import { z } from "zod";

/** How one process registers itself. */
export const RegistrationConfig = z
  .strictObject({
    ttlSeconds: z
      .int()
      .min(1)
      .default(10)
      .describe("A process that died without a word disappears from discovery after this time."),
    leaveGraceMs: z
      .int()
      .min(0)
      .default(1_000)
      .describe("At shutdown, how long calls are still taken after leaving discovery."),
  })
  .prefault({})
  .describe("Registration with etcd.");
export type RegistrationConfig = z.infer<typeof RegistrationConfig>;
