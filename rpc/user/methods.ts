// Generated from rpc/user/user.proto by `npm run gen`. Never edited.
import type { ServiceImplementation } from "../../common/rpc/service.ts";
import type { UserService } from "../../gen/rpc/user/user_pb.ts";
import type { UserContext } from "./context.ts";
import { authenticate } from "./logic/authenticate.ts";
import { changePassword } from "./logic/change-password.ts";
import { createInvite } from "./logic/create-invite.ts";
import { deleteInvite } from "./logic/delete-invite.ts";
import { getJwks } from "./logic/get-jwks.ts";
import { getUser } from "./logic/get-user.ts";
import { listInvites } from "./logic/list-invites.ts";
import { listSessions } from "./logic/list-sessions.ts";
import { listUsers } from "./logic/list-users.ts";
import { login } from "./logic/login.ts";
import { logout } from "./logic/logout.ts";
import { refresh } from "./logic/refresh.ts";
import { register } from "./logic/register.ts";
import { revokeSession } from "./logic/revoke-session.ts";
import { setUserAccess } from "./logic/set-user-access.ts";
import { setUserStatus } from "./logic/set-user-status.ts";
import { updateProfile } from "./logic/update-profile.ts";
import { watch } from "./logic/watch.ts";

/** Binds every method of UserService to its logic. */
export function createUserMethods(context: UserContext): ServiceImplementation<typeof UserService> {
  return {
    register: (request, call) => register(context, request, call),
    login: (request, call) => login(context, request, call),
    refresh: (request, call) => refresh(context, request, call),
    logout: (request, call) => logout(context, request, call),
    authenticate: (request, call) => authenticate(context, request, call),
    getJwks: (request, call) => getJwks(context, request, call),
    getUser: (request, call) => getUser(context, request, call),
    listUsers: (request, call) => listUsers(context, request, call),
    updateProfile: (request, call) => updateProfile(context, request, call),
    changePassword: (request, call) => changePassword(context, request, call),
    setUserStatus: (request, call) => setUserStatus(context, request, call),
    setUserAccess: (request, call) => setUserAccess(context, request, call),
    listSessions: (request, call) => listSessions(context, request, call),
    revokeSession: (request, call) => revokeSession(context, request, call),
    createInvite: (request, call) => createInvite(context, request, call),
    listInvites: (request, call) => listInvites(context, request, call),
    deleteInvite: (request, call) => deleteInvite(context, request, call),
    watch: (request, call) => watch(context, request, call),
  };
}
