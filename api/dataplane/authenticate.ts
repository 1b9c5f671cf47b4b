import { hashSecret, isWellFormed } from "../../common/api-key.ts";
import type { GatewayContext } from "../context.ts";
import type { Exchange } from "../edge/exchange.ts";
import type { Answer } from "./answer.ts";
import { missingKey, refused } from "./key-errors.ts";
import { presentedKey } from "./presented-key.ts";
import type { Principal, Verdict } from "./principal.ts";

export interface Authenticated {
  readonly principal: Principal;
  /** Takes the request off those that run. */
  readonly leaveRunning: () => void;
}

/** Who waited for a lookup asks again; a key that changes all the time is not waited for. */
const roundsMax = 3;

/**
 * Finds out whose key a request brings, and enters the request among those that run. Both happen in
 * the turn in which the key was last seen to work, so the key's end cannot slip in between.
 *
 * @throws 401 in OpenAI's words, `auth.user_disabled`, or `service.*` when an unknown key cannot be
 * looked up.
 */
export async function authenticate(
  context: GatewayContext,
  exchange: Exchange,
  answer: Answer,
): Promise<Authenticated> {
  const { record, request, abort } = exchange;
  const secret = presentedKey(request.headers);
  if (secret === undefined) throw missingKey();
  if (!isWellFormed(secret)) throw refused("invalid_api_key", secret);
  const secretHash = hashSecret(context.apiKeyPepper, secret);
  let verdict = context.keys.find(secretHash, record.requestId);
  for (let round = 1; verdict instanceof Promise; round += 1) {
    const waited: Verdict = await verdict;
    verdict = round < roundsMax ? context.keys.find(secretHash, record.requestId) : waited;
  }
  record.keyId = verdict.keyId;
  record.userId = verdict.userId;
  if ("refusedAs" in verdict) throw refused(verdict.refusedAs, secret);
  if (verdict.validUntilMs <= context.now()) throw refused(verdict.endsAs, secret);
  const leaveRunning = context.running.enter({
    principal: verdict,
    secretHash,
    cut(error) {
      record.outcome = "cut";
      answer.fail(error);
      abort();
    },
  });
  return { principal: verdict, leaveRunning };
}
