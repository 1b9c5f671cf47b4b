import { listSessions, revokeSession } from "../logic/sessions.ts";
import { members } from "../middleware/access.ts";
import { byId, nothing, nothingBack } from "../types/fields.ts";
import { SessionList } from "../types/sessions.ts";
import { route } from "./route.ts";

export const sessionRoutes = [
  route({
    method: "get",
    path: "/api/v1/users/me/sessions",
    summary: "Where you are signed in",
    access: members,
    input: nothing,
    data: SessionList,
    logic: listSessions,
  }),
  route({
    method: "delete",
    path: "/api/v1/users/me/sessions/{id}",
    summary: "Sign out elsewhere",
    access: members,
    input: byId,
    data: nothingBack,
    logic: revokeSession,
  }),
];
