import { createInvite, deleteInvite, listInvites } from "../logic/invites.ts";
import { admins } from "../middleware/access.ts";
import { byId, nothingBack } from "../types/fields.ts";
import { CreateInvite, InvitePage, IssuedInvite, ListInvites } from "../types/invites.ts";
import { route } from "./route.ts";

export const inviteRoutes = [
  route({
    method: "post",
    path: "/api/v1/invites",
    summary: "Invite somebody to register",
    access: admins,
    input: CreateInvite,
    data: IssuedInvite,
    status: 201,
    errors: ["registration.closed", "request.too_many"],
    logic: createInvite,
  }),
  route({
    method: "get",
    path: "/api/v1/invites",
    summary: "List invitations",
    access: admins,
    input: ListInvites,
    data: InvitePage,
    logic: listInvites,
  }),
  route({
    method: "delete",
    path: "/api/v1/invites/{id}",
    summary: "Withdraw an invitation",
    access: admins,
    input: byId,
    data: nothingBack,
    logic: deleteInvite,
  }),
];
