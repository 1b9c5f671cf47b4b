import { after, before } from "node:test";
import type { Deployment } from "../support/deployment.ts";
import type { Contract } from "./contract.ts";
import { catalogue } from "./dataplane/catalogue.ts";
import { chat } from "./dataplane/chat.ts";
import { errorClasses } from "./dataplane/error-classes.ts";
import { keys } from "./dataplane/keys.ts";
import { requests } from "./dataplane/requests.ts";
import { revocation } from "./dataplane/revocation.ts";
import { streams } from "./dataplane/streams.ts";
import { apikeys } from "./management/apikeys.ts";
import { auth } from "./management/auth.ts";
import { channels } from "./management/channels.ts";
import { models } from "./management/models.ts";
import { sessions } from "./management/sessions.ts";
import { users } from "./management/users.ts";

/** What holds in every deployment. */
const contracts: readonly Contract[] = [
  ...[...auth, ...users, sessions, ...apikeys, models, channels],
  ...[keys, ...catalogue, ...chat, requests, streams, errorClasses, revocation],
];

/** Declares every test of the contract, for a deployment that is started before them. */
export function holdToContract(start: () => Promise<Deployment>): void {
  let deployment: Deployment | undefined;
  before(async () => {
    deployment = await start();
  });
  after(() => deployment?.stop());
  const at = () => {
    if (!deployment) throw new Error("the tests have not started");
    return deployment;
  };
  for (const contract of contracts) contract(at);
}
