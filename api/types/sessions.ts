import { z } from "@hono/zod-openapi";
import type { Session as SessionMessage } from "../../gen/rpc/user/user_pb.ts";
import { id, orNull, timestamp, toTimestamp } from "./fields.ts";

export const Session = z
  .object({
    id,
    current: z.boolean().describe("Whether this request was made with it."),
    ip: z.string().nullable(),
    user_agent: z.string().nullable(),
    created_at: timestamp,
    last_used_at: timestamp,
    expires_at: timestamp,
  })
  .openapi("Session");
export type Session = z.infer<typeof Session>;

export const SessionList = z
  .object({ items: z.array(Session), total: z.int() })
  .openapi("SessionList");
export type SessionList = z.infer<typeof SessionList>;

export const toSession = (session: SessionMessage, currentId: string): Session => ({
  id: session.id,
  current: session.id === currentId,
  ip: orNull(session.ip),
  user_agent: orNull(session.userAgent),
  created_at: toTimestamp(session.createdAtMs),
  last_used_at: toTimestamp(session.lastUsedAtMs),
  expires_at: toTimestamp(session.expiresAtMs),
});
