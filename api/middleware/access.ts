import { hasRole } from "../../common/access/access.ts";
import { AppError } from "../../common/errors.ts";
import type { Call } from "../../common/rpc/call.ts";
import type { GatewayContext } from "../context.ts";
import type { Caller, Origin } from "../types/caller.ts";
import type { ManagementRequest } from "../types/management.ts";
import { required } from "../types/required.ts";
import { bearerToken } from "./bearer-token.ts";
import { isMadeHere } from "./made-here.ts";

const userAgentCharsMax = 512;

/** Who may call a route, and what its logic then knows of them. */
export interface Access<Who> {
  readonly level: "public" | "member" | "admin";
  /** Throws an `auth.*` error unless the request may pass. */
  admit(context: GatewayContext, request: ManagementRequest, call: Call): Promise<Who>;
}

export const anyone: Access<{ origin: Origin }> = {
  level: "public",
  admit: async (_context, request) => ({
    origin: {
      ip: request.env.record.ip,
      userAgent: (request.req.header("user-agent") ?? "").slice(0, userAgentCharsMax),
      madeHere: isMadeHere(request),
    },
  }),
};

export const members: Access<{ caller: Caller }> = {
  level: "member",
  admit: async (context, request, call) => ({ caller: await authenticate(context, request, call) }),
};

/** Owners and admins. */
export const admins: Access<{ caller: Caller }> = {
  level: "admin",
  async admit(context, request, call) {
    const caller = await authenticate(context, request, call);
    if (hasRole(caller.user.role, "admin")) return { caller };
    throw new AppError("auth.forbidden", "This needs the role of an owner or admin.");
  },
};

/** Asks the user service every time, so that a revoked session ends with its next request. */
async function authenticate(
  context: GatewayContext,
  { env, req }: ManagementRequest,
  call: Call,
): Promise<Caller> {
  const accessToken = bearerToken(req.header("authorization"));
  const answer = await context.services.user.authenticate({ accessToken }, call);
  const user = required(answer.user, "the signed-in user");
  env.record.userId = user.id;
  const actor = { userId: user.id, role: user.role };
  return { user, actor, sessionId: answer.sessionId };
}
