import type { ExpressionBuilder } from "kysely";
import type { ApiKeyTables, KeyReference } from "./schema.ts";

export type KeyExpressions = ExpressionBuilder<ApiKeyTables, "api_keys">;

/** The key referred to, within reach and not deleted. */
export const isLiving = (key: KeyExpressions, reference: KeyReference) =>
  key.and([isReachable(key, reference), key("status", "<>", "deleted")]);

export const isReachable = (key: KeyExpressions, { id, reach }: KeyReference) =>
  key.and([key("id", "=", id), ...(reach === "every" ? [] : [key("user_id", "=", reach.userId)])]);
