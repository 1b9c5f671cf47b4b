import type { GatewayContext } from "../context.ts";
import type { BodyLimits } from "../edge/body.ts";
import type { Exchange } from "../edge/exchange.ts";
import { bearerToken } from "./bearer-token.ts";

/**
 * What a management request's body may be: little from anybody, as much as on the data plane from
 * who has signed in. Only a body that is announced as large costs the question who that is.
 *
 * @throws `auth.*` when a large body comes with a token that is no good.
 */
export async function managementBodyLimits(
  { config: { limits }, services }: GatewayContext,
  { body, request, call }: Exchange,
): Promise<BodyLimits> {
  const { bodyBytesBeforeAuthMax, bodyTimeoutBeforeAuthMs, bodyBytesMax } = limits;
  const { authorization } = request.headers;
  const length = body.length ?? 0;
  if (!authorization || length <= bodyBytesBeforeAuthMax || length > bodyBytesMax) {
    return { bytesMax: bodyBytesBeforeAuthMax, timeoutMs: bodyTimeoutBeforeAuthMs };
  }
  await services.user.authenticate({ accessToken: bearerToken(authorization) }, call);
  return { bytesMax: bodyBytesMax };
}
