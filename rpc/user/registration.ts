import { AppError } from "../../common/errors.ts";
import type { RegisterRequest } from "../../gen/rpc/user/user_pb.ts";
import type { UserContext } from "./context.ts";
import { hashInviteCode } from "./invite-code.ts";
import { isSetupToken } from "./setup-token.ts";
import type { RegistrationTerms } from "./stores.ts";

/** Under which right this request may create an account. Throws a `registration.*` error if none. */
export async function registrationTerms(
  context: UserContext,
  request: RegisterRequest,
  email: string,
): Promise<RegistrationTerms> {
  const { config, stores, setupToken } = context;
  if (!(await stores.users.any())) {
    if (!request.loopbackListener && !isSetupToken(request.setupToken, setupToken)) {
      throw new AppError(
        "registration.setup_token_required",
        "The first account needs the setup token that was printed at the start; where we listen on " +
          "loopback only, it is registered on this machine itself.",
      );
    }
    return { kind: "first" };
  }
  if (config.registration === "closed") {
    throw new AppError("registration.closed", "Registration is closed.");
  }
  if (request.inviteCode) return inviteTerms(context, request.inviteCode, email);
  if (config.registration === "open") return { kind: "open" };
  throw new AppError("registration.invite_required", "Registration needs an invitation.");
}

/** Looks first, so that a made-up code does not cost us a password hash. Using it up comes later. */
async function inviteTerms(
  { stores, now }: UserContext,
  code: string,
  email: string,
): Promise<RegistrationTerms> {
  const codeHash = hashInviteCode(code);
  if (!(await stores.invites.findUsable(codeHash, email, now()))) {
    throw new AppError("registration.invite_invalid", "This invitation cannot be used.");
  }
  return { kind: "invite", codeHash };
}
