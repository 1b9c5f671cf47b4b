import { create } from "@bufbuild/protobuf";
import { z } from "@hono/zod-openapi";
import { isAddressRange } from "../../common/access/access.ts";
import {
  PermissionsChangeSchema,
  type Permissions as PermissionsMessage,
  StringListSchema,
} from "../../gen/common/access/access_pb.ts";
import { endpointNames } from "./endpoints.ts";
import { line } from "./fields.ts";

const listItemsMax = 1_000;

const endpoint = z
  .string()
  .max(64)
  .regex(/^(?:\*|[a-z0-9_]+(?:\.[a-z0-9_]+)*)$/, 'must be an endpoint\'s name or "*"')
  .openapi({ example: "chat.completions" });

const modelPattern = line(256).min(1).openapi({ example: "gpt-4o*" });

const ipRange = line(64)
  .refine(isAddressRange, "must be an address or a range in CIDR notation")
  .openapi({ example: "192.0.2.0/24" });

const endpoints = z
  .array(endpoint)
  .max(listItemsMax)
  .describe('Data plane endpoints, such as "chat.completions"; "*" stands for all of them.');
const allow = z
  .array(modelPattern)
  .max(listItemsMax)
  .describe('Model names that may be used; "*" stands for any run of characters.');
const deny = z
  .array(modelPattern)
  .max(listItemsMax)
  .describe("Model names that may not be used; a deny beats every allow.");
const ipRanges = z
  .array(ipRange)
  .max(listItemsMax)
  .describe("Source addresses that may call; an empty list allows any.");

export const Permissions = z
  .object({ endpoints, models: z.object({ allow, deny }), ip_ranges: ipRanges })
  .openapi("Permissions");
export type Permissions = z.infer<typeof Permissions>;

const permitted: readonly string[] = ["*", ...endpointNames];
/** A name that nothing answers to would make a key that opens nothing. */
const knownEndpoint = endpoint.refine(
  (name) => permitted.includes(name),
  `must be one of ${permitted.join(", ")}`,
);

export const PermissionsChange = z
  .strictObject({
    endpoints: z.array(knownEndpoint).max(listItemsMax).optional(),
    models: z.strictObject({ allow: allow.optional(), deny: deny.optional() }).optional(),
    ip_ranges: ipRanges.optional(),
  })
  .openapi("PermissionsChange", { description: "What is left out stays as it is." });
export type PermissionsChange = z.infer<typeof PermissionsChange>;

export const toPermissions = (message: PermissionsMessage | undefined): Permissions => ({
  endpoints: message?.endpoints ?? [],
  models: { allow: message?.models?.allow ?? [], deny: message?.models?.deny ?? [] },
  ip_ranges: message?.ipRanges ?? [],
});

/** A change as the services take it. */
export function fromPermissionsChange({ endpoints, models, ip_ranges }: PermissionsChange) {
  const list = (values: string[] | undefined) => values && create(StringListSchema, { values });
  return create(PermissionsChangeSchema, {
    endpoints: list(endpoints),
    allowedModels: list(models?.allow),
    deniedModels: list(models?.deny),
    ipRanges: list(ip_ranges),
  });
}
