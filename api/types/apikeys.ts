import { z } from "@hono/zod-openapi";
import type {
  ApiKey as ApiKeyMessage,
  GenerateApiKeyResponse,
} from "../../gen/rpc/apikey/apikey_pb.ts";
import {
  id,
  line,
  orNull,
  pageOf,
  pageQuery,
  paragraph,
  timestamp,
  toTimestamp,
  toTimestampOrNull,
} from "./fields.ts";
import { Permissions, PermissionsChange, toPermissions } from "./permissions.ts";
import { required } from "./required.ts";

const graceSecondsMax = 30 * 24 * 3600;

const name = line(256).min(1);
const description = paragraph(4096).nullish();
const expiresAt = timestamp.nullish().describe("When it stops working; null for never.");
const status = z.enum(["active", "disabled", "expired"]);
const disabledBy = z.enum(["user", "administrator"]);

export const ApiKey = z
  .object({
    id,
    user_id: id,
    name: z.string(),
    description: z.string().nullable(),
    status,
    permissions: Permissions,
    prefix: z.string().describe("The first characters of the key, for recognition."),
    last_four: z.string().describe("The last four characters of the key."),
    created_at: timestamp,
    updated_at: timestamp,
    expires_at: timestamp.nullable(),
    disabled_by: disabledBy
      .nullable()
      .describe(
        "Who disabled it: the user whose key it is, or an administrator, who alone enables it then. " +
          "Null for a key that is not disabled.",
      ),
  })
  .openapi("ApiKey");
export type ApiKey = z.infer<typeof ApiKey>;

export const IssuedApiKey = ApiKey.extend({
  key: z.string().describe("The whole key, for the data plane. Shown this once."),
}).openapi("IssuedApiKey");
export type IssuedApiKey = z.infer<typeof IssuedApiKey>;

export const ApiKeyPage = pageOf("ApiKeyPage", ApiKey);
export type ApiKeyPage = z.infer<typeof ApiKeyPage>;

export const CreateApiKey = z.strictObject({
  name,
  description,
  expires_at: expiresAt,
  permissions: PermissionsChange.optional().describe(
    "What is left out is taken from your own permissions, which no key can exceed.",
  ),
});

export const ListApiKeys = z.strictObject({
  ...pageQuery,
  status: status.optional(),
  name: line(256).optional().describe("Part of a name."),
  user_id: id.optional().describe("Whose keys; your own unless you are an owner or admin."),
  all: z
    .enum(["true", "false"])
    .default("false")
    .describe("Everybody's keys, for owner and admin."),
});

export const UpdateApiKey = z.strictObject({
  id,
  name: name.optional(),
  description,
  expires_at: expiresAt,
  permissions: PermissionsChange.optional(),
});

export const RotateApiKey = z.strictObject({
  id,
  grace_seconds: z
    .int()
    .min(0)
    .max(graceSecondsMax)
    .default(0)
    .describe("How long the old key goes on working."),
});

export const toApiKey = (key: ApiKeyMessage): ApiKey => ({
  id: key.id,
  user_id: key.userId,
  name: key.name,
  description: orNull(key.description),
  status: status.parse(key.status),
  permissions: toPermissions(key.permissions),
  prefix: key.prefix,
  last_four: key.lastFour,
  created_at: toTimestamp(key.createdAtMs),
  updated_at: toTimestamp(key.updatedAtMs),
  expires_at: toTimestampOrNull(key.expiresAtMs),
  disabled_by: key.disabledBy === "" ? null : disabledBy.parse(key.disabledBy),
});

export const toIssuedApiKey = (issued: GenerateApiKeyResponse): IssuedApiKey => ({
  ...toApiKey(required(issued.key, "the issued key")),
  key: issued.secret,
});
