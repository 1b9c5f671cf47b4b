import {
  createChannel,
  deleteChannel,
  getChannel,
  listChannels,
  testChannel,
  updateChannel,
} from "../logic/channels.ts";
import { admins } from "../middleware/access.ts";
import {
  Channel,
  ChannelPage,
  ChannelTest,
  CreateChannel,
  ListChannels,
  UpdateChannel,
} from "../types/channels.ts";
import { byId, nothingBack } from "../types/fields.ts";
import { route } from "./route.ts";

export const channelRoutes = [
  route({
    method: "post",
    path: "/api/v1/channels",
    summary: "Add a channel to a provider",
    access: admins,
    input: CreateChannel,
    data: Channel,
    status: 201,
    errors: ["resource.conflict"],
    logic: createChannel,
  }),
  route({
    method: "get",
    path: "/api/v1/channels",
    summary: "List channels",
    access: admins,
    input: ListChannels,
    data: ChannelPage,
    logic: listChannels,
  }),
  route({
    method: "get",
    path: "/api/v1/channels/{id}",
    summary: "Look up a channel",
    access: admins,
    input: byId,
    data: Channel,
    logic: getChannel,
  }),
  route({
    method: "patch",
    path: "/api/v1/channels/{id}",
    summary: "Change a channel",
    access: admins,
    input: UpdateChannel,
    data: Channel,
    errors: ["resource.conflict", "resource.read_only"],
    logic: updateChannel,
  }),
  route({
    method: "delete",
    path: "/api/v1/channels/{id}",
    summary: "Delete a channel and its credential",
    access: admins,
    input: byId,
    data: nothingBack,
    errors: ["resource.read_only"],
    logic: deleteChannel,
  }),
  route({
    method: "post",
    path: "/api/v1/channels/{id}/test",
    summary: "Ask the upstream for its models with the stored credential",
    access: admins,
    input: byId,
    data: ChannelTest,
    logic: testChannel,
  }),
];
