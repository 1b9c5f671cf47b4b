import { z } from "@hono/zod-openapi";
import type { SessionResponse } from "../../gen/rpc/user/user_pb.ts";
import { id, line, timestamp, toTimestamp } from "./fields.ts";
import { required } from "./required.ts";
import { email, givenPassword, newPassword, toUser, User, username } from "./users.ts";

const token = line(4096).min(1);

export const Register = z.strictObject({
  username,
  email,
  password: newPassword,
  invite_code: line(256).optional().describe("Needed when registration is by invitation."),
  setup_token: line(256)
    .optional()
    .describe(
      "Needed for the first account, unless it is made on the machine itself over loopback.",
    ),
});

export const Login = z
  .strictObject({
    login: line(254).min(1).optional().describe("Username or email address."),
    username: line(254).min(1).optional().describe("In place of `login`."),
    email: line(254).min(1).optional().describe("In place of `login`."),
    password: givenPassword,
  })
  .refine(
    ({ login, username, email }) =>
      [login, username, email].filter((name) => name !== undefined).length === 1,
    { path: ["login"], message: "give one of login, username and email" },
  );

export const Refresh = z.strictObject({ refresh_token: token });

export const Tokens = z
  .object({
    user: User,
    session_id: id,
    access_token: z.string().describe("For `Authorization: Bearer`; short-lived."),
    token_type: z.literal("Bearer"),
    expires_in: z.int().describe("Seconds until the access token expires."),
    expires_at: timestamp,
    refresh_token: z.string().describe("Good for one exchange at `/api/v1/auth/refresh`."),
    refresh_expires_at: timestamp,
  })
  .openapi("Tokens");
export type Tokens = z.infer<typeof Tokens>;

export const toTokens = (session: SessionResponse, now: number): Tokens => ({
  user: toUser(required(session.user, "the session's user")),
  session_id: session.sessionId,
  access_token: session.accessToken,
  token_type: "Bearer",
  expires_in: Math.max(0, Math.floor((session.accessExpiresAtMs - now) / 1000)),
  expires_at: toTimestamp(session.accessExpiresAtMs),
  refresh_token: session.refreshToken,
  refresh_expires_at: toTimestamp(session.refreshExpiresAtMs),
});
