import { login, logout, refresh, register } from "../logic/auth.ts";
import { anyone, members } from "../middleware/access.ts";
import { Login, Refresh, Register, Tokens } from "../types/auth.ts";
import { nothing, nothingBack } from "../types/fields.ts";
import { route } from "./route.ts";

export const authRoutes = [
  route({
    method: "post",
    path: "/api/v1/auth/register",
    summary: "Create an account and sign in",
    access: anyone,
    input: Register,
    data: Tokens,
    status: 201,
    errors: [
      "registration.closed",
      "registration.invite_required",
      "registration.invite_invalid",
      "registration.setup_token_required",
      "user.username_taken",
      "user.email_taken",
      "auth.too_many_attempts",
    ],
    logic: register,
  }),
  route({
    method: "post",
    path: "/api/v1/auth/login",
    summary: "Sign in",
    access: anyone,
    input: Login,
    data: Tokens,
    errors: ["auth.invalid_credentials", "auth.user_disabled", "auth.too_many_attempts"],
    logic: login,
  }),
  route({
    method: "post",
    path: "/api/v1/auth/refresh",
    summary: "Exchange a refresh token for the next pair of tokens",
    access: anyone,
    input: Refresh,
    data: Tokens,
    errors: [
      "auth.token_invalid",
      "auth.token_expired",
      "auth.session_revoked",
      "auth.user_disabled",
    ],
    logic: refresh,
  }),
  route({
    method: "post",
    path: "/api/v1/auth/logout",
    summary: "End the session of this access token",
    access: members,
    input: nothing,
    data: nothingBack,
    logic: logout,
  }),
];
