import { randomUUIDv7 } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { unrestricted } from "../../../common/access/access.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type { RegisterRequest, SessionResponseSchema } from "../../../gen/rpc/user/user_pb.ts";
import type { UserContext } from "../context.ts";
import {
  checkFields,
  emailProblem,
  normalizeEmail,
  passwordProblem,
  usernameProblem,
} from "../fields.ts";
import { registrationTerms } from "../registration.ts";
import { newSession, sessionResponse } from "../session.ts";
import type { RegistrationTerms } from "../stores.ts";

export async function register(
  context: UserContext,
  request: RegisterRequest,
  call: Call,
): Promise<MessageInitShape<typeof SessionResponseSchema>> {
  const email = normalizeEmail(request.email);
  const { username, password, origin } = request;
  checkFields(usernameProblem(username), emailProblem(email), passwordProblem(password));
  const terms = await registrationTerms(context, request, email);

  const nowMs = context.now();
  const account = {
    id: randomUUIDv7(),
    username,
    email,
    passwordHash: await context.passwords.hash(password, call.signal),
    status: "active",
    permissions: unrestricted,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  } as const;
  const begun = newSession(context, account.id, origin);
  const create = (under: RegistrationTerms) =>
    context.stores.users.register(
      { ...account, role: under.kind === "first" ? "owner" : "member" },
      begun.session,
      under,
    );
  // When somebody else was the first in the meantime, the rule for everybody after holds.
  const user =
    (await create(terms)) ?? (await create(await registrationTerms(context, request, email)));
  if (!user) throw new Error("the first account is gone again");
  context.log.info({ userId: user.id, role: user.role }, "account registered");
  return sessionResponse(context, user, begun);
}
