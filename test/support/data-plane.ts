import { after, before } from "node:test";
import OpenAI from "openai";
import type { z } from "zod";
import { unrestricted } from "../../common/access/access.ts";
import type { Call } from "../../common/rpc/call.ts";
import type { AllInOne } from "../../compose/all-in-one.ts";
import type { AllInOneConfig } from "../../compose/all-in-one-config.ts";
import { startTestRouter } from "./all-in-one.ts";
import { startUpstream, type TestUpstream } from "./upstream.ts";

export const call: Call = { requestId: "test", signal: new AbortController().signal };

/** The models that the channel of these tests serves. */
export const models = ["gpt-test", "gpt-test-mini", "meta-llama/Llama-3"];

export interface KeyOptions {
  readonly permissions?: Permissions;
  readonly expiresAtMs?: number;
  /** Whose; the first account's when left out. */
  readonly userId?: string;
}

export interface Permissions {
  readonly endpoints: string[];
  readonly models: { readonly allow: string[]; readonly deny: string[] };
  readonly ipRanges: string[];
}

export interface IssuedKey {
  readonly id: string;
  readonly secret: string;
}

export interface DataPlane {
  readonly router: AllInOne;
  readonly upstream: TestUpstream;
  readonly ownerId: string;
  readonly owner: { readonly userId: string; readonly role: string };
  issue(options?: KeyOptions): Promise<IssuedKey>;
  /** A further account, which may do everything until told otherwise. */
  member(): Promise<string>;
  /** Sends a chat request as JSON. */
  chat(secret: string, body?: Record<string, unknown>, init?: RequestInit): Promise<Response>;
  client(secret: string, path?: string): OpenAI;
}

/** A whole router before a scripted upstream, for the tests of a file. */
export function useDataPlane(gateway: z.input<typeof AllInOneConfig>["gateway"] = {}) {
  let started: DataPlane | undefined;
  before(async () => {
    started = await startDataPlane({ gateway });
  });
  after(async () => {
    await started?.router.stop();
    await started?.upstream.close();
  });
  return (): DataPlane => {
    if (!started) throw new Error("the tests have not started");
    return started;
  };
}

export async function startDataPlane(
  config: z.input<typeof AllInOneConfig> = {},
): Promise<DataPlane> {
  const upstream = await startUpstream();
  const router = await startTestRouter({
    ...config,
    gateway: { drainAcceptMs: 0, drainStreamsMs: 0, ...config.gateway },
    user: { registration: "open", hashing: { bcryptCost: 4 } },
    model: { channels: [channelTo(upstream)] },
  });
  const { services, url } = router;
  let accounts = 0;
  const member = async () => {
    const username = `person-${++accounts}`;
    const { user } = await services.user.register(
      { username, email: `${username}@example.com`, password, loopbackListener: true },
      call,
    );
    return user?.id ?? "";
  };
  const ownerId = await member();
  const issue = async ({ userId = ownerId, ...key }: KeyOptions = {}) => {
    const request = { userId, name: "a key", ...key, ownerPermissions: unrestricted };
    const { key: issued, secret } = await services.apikey.generateApiKey(request, call);
    return { id: issued?.id ?? "", secret };
  };
  return {
    router,
    upstream,
    ownerId,
    owner: { userId: ownerId, role: "owner" },
    issue,
    member,
    chat: (secret, body = {}, init = {}) =>
      fetch(`${url}/v1/chat/completions`, {
        method: "POST",
        headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
        body: JSON.stringify({ model: "gpt-test", messages: [], ...body }),
        ...init,
      }),
    client: (secret, path = "/v1") =>
      new OpenAI({ apiKey: secret, baseURL: `${url}${path}`, maxRetries: 0 }),
  };
}

const password = "correct horse battery staple";

const channelTo = (upstream: TestUpstream) => ({
  name: "scripted",
  provider: "openai",
  baseUrl: upstream.baseUrl,
  credential: "upstream-credential",
  modelSource: "list" as const,
  models,
  allowPrivateNetwork: true,
});
