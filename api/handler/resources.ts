import { apiKeyRoutes } from "./apikeys.ts";
import { authRoutes } from "./auth.ts";
import { channelRoutes } from "./channels.ts";
import { inviteRoutes } from "./invites.ts";
import { modelRoutes } from "./models.ts";
import type { Route } from "./route.ts";
import { sessionRoutes } from "./sessions.ts";
import { userRoutes } from "./users.ts";

/** The whole management API, in the order in which it is matched and documented. */
export const resources: Readonly<Record<string, readonly Route[]>> = {
  Authentication: authRoutes,
  Sessions: sessionRoutes,
  Users: userRoutes,
  Invitations: inviteRoutes,
  "API keys": apiKeyRoutes,
  Models: modelRoutes,
  Channels: channelRoutes,
};
