import type { Call } from "../../common/rpc/call.ts";
import type { GatewayContext } from "../context.ts";
import { type Login, type Refresh, type Register, type Tokens, toTokens } from "../types/auth.ts";
import type { Caller, FromAnyone, Origin } from "../types/caller.ts";

export async function register(
  context: GatewayContext,
  input: FromAnyone<typeof Register>,
  call: Call,
): Promise<Tokens> {
  const session = await context.services.user.register(
    {
      username: input.username,
      email: input.email,
      password: input.password,
      inviteCode: input.invite_code ?? "",
      setupToken: input.setup_token ?? "",
      origin: toOrigin(input.origin),
      loopbackListener: input.origin.madeHere,
    },
    call,
  );
  return toTokens(session, context.now());
}

export async function login(
  context: GatewayContext,
  input: FromAnyone<typeof Login>,
  call: Call,
): Promise<Tokens> {
  const session = await context.services.user.login(
    {
      login: input.login ?? input.username ?? input.email ?? "",
      password: input.password,
      origin: toOrigin(input.origin),
    },
    call,
  );
  return toTokens(session, context.now());
}

export async function refresh(
  context: GatewayContext,
  input: FromAnyone<typeof Refresh>,
  call: Call,
): Promise<Tokens> {
  const session = await context.services.user.refresh(
    { refreshToken: input.refresh_token, origin: toOrigin(input.origin) },
    call,
  );
  return toTokens(session, context.now());
}

export async function logout(
  context: GatewayContext,
  { caller }: { caller: Caller },
  call: Call,
): Promise<null> {
  await context.services.user.logout({ userId: caller.user.id, sessionId: caller.sessionId }, call);
  return null;
}

const toOrigin = ({ ip, userAgent }: Origin) => ({ ip, userAgent });
