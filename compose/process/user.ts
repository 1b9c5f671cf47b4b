import type { Logger } from "../../common/log.ts";
import { UserService } from "../../gen/rpc/user/user_pb.ts";
import { createUserContext } from "../../rpc/user/context.ts";
import { createUserMethods } from "../../rpc/user/methods.ts";
import type { UserProcessConfig } from "../process-config.ts";
import { printSetupToken } from "../setup-notice.ts";
import { joinNetwork } from "./network.ts";

export async function startUser(
  config: UserProcessConfig,
  log: Logger,
  closing: AsyncDisposableStack,
): Promise<string> {
  const network = joinNetwork(config, log, closing);
  const parts = { log, now: Date.now, events: network.events, secrets: config.secrets };
  const user = { ...(config.demo ? { registration: "open" as const } : {}), ...config.user };
  const context = await createUserContext({
    config: user,
    parts,
    database: { url: config.database.url, limits: config.database },
  });
  closing.defer(context.close);
  if (context.setupToken) printSetupToken(context.setupToken);
  return network.serve(UserService, createUserMethods(context), config);
}
