import { randomUUIDv7 } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type {
  CreateInviteRequest,
  CreateInviteResponseSchema,
} from "../../../gen/rpc/user/user_pb.ts";
import { mayRule, requireAdministrator } from "../administrator.ts";
import type { UserContext } from "../context.ts";
import { checkFields, emailProblem, normalizeEmail, parseRole } from "../fields.ts";
import { hashInviteCode, newInviteCode } from "../invite-code.ts";
import { toInvite } from "../messages.ts";
import type { InviteRecord } from "../stores.ts";

export async function createInvite(
  context: UserContext,
  request: CreateInviteRequest,
  _call: Call,
): Promise<MessageInitShape<typeof CreateInviteResponseSchema>> {
  const { config, stores, now } = context;
  const actor = await requireAdministrator(context, request.actor);
  const role = request.role === "" ? "member" : parseRole(request.role);
  mayRule(actor, role);
  const email = normalizeEmail(request.email);
  if (email !== "") checkFields(emailProblem(email));
  const lifeSeconds = request.expiresInSeconds || config.inviteLifeSeconds;
  checkFields(lifeProblem(lifeSeconds, config.inviteLifeSecondsMax));
  if (config.registration === "closed") {
    throw new AppError("registration.closed", "Registration is closed; nobody could use it.");
  }
  const nowMs = now();
  if ((await stores.invites.countOpen(nowMs)) >= config.openInvitesMax) {
    throw new AppError("request.too_many", "Too many invitations wait to be used.");
  }
  const code = newInviteCode();
  const invite: InviteRecord = {
    id: randomUUIDv7(),
    codeHash: hashInviteCode(code),
    email,
    role,
    createdAtMs: nowMs,
    expiresAtMs: nowMs + Math.round(lifeSeconds * 1_000),
    createdBy: actor.id,
    usedAtMs: 0,
  };
  await stores.invites.create(invite);
  context.log.info({ actorId: actor.id, inviteId: invite.id, role }, "invitation created");
  return { invite: toInvite(invite), code };
}

const lifeProblem = (seconds: number, secondsMax: number) =>
  seconds >= 1 && seconds <= secondsMax
    ? undefined
    : { field: "expires_in_seconds", message: `An invitation lives 1 to ${secondsMax} seconds.` };
