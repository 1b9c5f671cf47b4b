import { AppError, type ErrorCode } from "../../common/errors.ts";
import type { Call } from "../../common/rpc/call.ts";
import type { User } from "../../gen/rpc/user/user_pb.ts";
import type { Services } from "../services.ts";
import { createPrincipal, type Verdict } from "./principal.ts";

/** Asks the services who is behind a secret's hash. */
export type LookupKey = (secretHash: Uint8Array, call: Call) => Promise<Verdict>;

const refusals: Readonly<Record<string, ErrorCode>> = {
  unknown: "invalid_api_key",
  disabled: "api_key_disabled",
  expired: "api_key_expired",
  rotated: "api_key_revoked",
};

export function createLookupKey({ apikey, user }: Pick<Services, "apikey" | "user">): LookupKey {
  return async (secretHash, call) => {
    const found = await apikey.validateApiKey({ secretHash }, call);
    const { key } = found;
    if (found.verdict !== "ok" || !key) {
      const refusedAs = refusals[found.verdict] ?? "invalid_api_key";
      return { refusedAs, keyId: key?.id ?? "", userId: key?.userId ?? "" };
    }
    const ids = { keyId: key.id, userId: key.userId };
    const owner = await findUser(user, key.userId, call);
    if (!owner) return { refusedAs: "invalid_api_key", ...ids };
    if (owner.status !== "active") return { refusedAs: "auth.user_disabled", ...ids };
    if (!key.permissions || !owner.permissions) {
      throw new AppError("internal", "Something went wrong on our side.", {
        cause: new Error(`key ${key.id} or its owner came without permissions`),
      });
    }
    return createPrincipal({
      ...ids,
      validUntilMs: found.validUntilMs ?? Number.POSITIVE_INFINITY,
      endsAs: found.validUntilMs === key.expiresAtMs ? "api_key_expired" : "api_key_revoked",
      permissions: [key.permissions, owner.permissions],
    });
  };
}

async function findUser(
  users: Services["user"],
  id: string,
  call: Call,
): Promise<User | undefined> {
  try {
    return await users.getUser({ id }, call);
  } catch (error) {
    if (error instanceof AppError && error.status.http === 404) return undefined;
    throw error;
  }
}
