import { AppError } from "../../../common/errors.ts";
import type { Logger } from "../../../common/log.ts";
import { unseal } from "../../../common/seal.ts";
import type { Route, RouteTable } from "../../../gen/rpc/model/model_pb.ts";
import type { Provider } from "../provider/provider.ts";
import { providers } from "../provider/registry.ts";

/** A channel, ready to be used: its credential is open, its provider known. */
export interface Target {
  readonly channelId: string;
  readonly provider: Provider;
  /** Where each endpoint is, by its name. */
  readonly endpoints: ReadonlyMap<string, URL>;
  readonly credential: string | undefined;
  readonly allowPrivateNetwork: boolean;
}

/** Where one request may go, and how the model is called there. */
export interface Candidate {
  readonly target: Target;
  readonly upstreamModel: string;
}

/** Which targets serve which model names, as last heard. Looking up touches nothing outside. */
export class RouteSnapshot {
  readonly #byName = new Map<string, Candidate[]>();
  readonly #anyName: Target[] = [];
  /** The origins that requests go to. */
  readonly origins = new Set<string>();

  add(route: Route, target: Target) {
    for (const { name, upstreamName } of route.models) {
      const candidates = this.#byName.get(name) ?? [];
      this.#byName.set(name, candidates);
      candidates.push({ target, upstreamModel: upstreamName || name });
    }
    if (route.anyName) this.#anyName.push(target);
    if (target.provider.serve) return;
    for (const url of target.endpoints.values()) this.origins.add(url.origin);
  }

  /**
   * Everyone who serves the name, best first: who lists it before who takes any name, then the
   * oldest channel. Throws `model_not_found`, in OpenAI's words, when nobody does.
   */
  candidates(model: string): [Candidate, ...Candidate[]] {
    const listed = this.#byName.get(model) ?? [];
    const known = new Set(listed.map(({ target }) => target));
    const others = this.#anyName.filter((target) => !known.has(target));
    const [first, ...rest] = [
      ...listed,
      ...others.map((target) => ({ target, upstreamModel: model })),
    ];
    if (first) return [first, ...rest];
    throw new AppError(
      "model_not_found",
      `The model \`${model}\` does not exist or you do not have access to it.`,
      { details: [{ field: "model", message: "Nobody serves this name." }] },
    );
  }
}

/** Opens the credentials. A route that cannot be used is left out, with a line in the log. */
export function openRoutes(table: RouteTable, masterKey: Uint8Array, log: Logger): RouteSnapshot {
  const snapshot = new RouteSnapshot();
  for (const route of table.routes) {
    try {
      snapshot.add(route, openTarget(route, masterKey));
    } catch (error) {
      log.error({ error, channel: route.channelId }, "the channel cannot be used");
    }
  }
  return snapshot;
}

/** Throws `request.invalid` when the route names no known provider or no usable base URL. */
export function openTarget(route: Route, masterKey: Uint8Array): Target {
  const provider = providers.get(route.provider);
  if (!provider) throw invalid("provider", `The provider '${route.provider}' is not known.`);
  return {
    channelId: route.channelId,
    provider,
    endpoints: endpointsBelow(route.baseUrl || (provider.baseUrl ?? "")),
    credential: openCredential(route, masterKey),
    allowPrivateNetwork: route.allowPrivateNetwork,
  };
}

function openCredential(route: Route, masterKey: Uint8Array): string | undefined {
  if (route.sealedCredential.length === 0) return undefined;
  return Buffer.from(unseal(masterKey, route.sealedCredential, route.channelId)).toString();
}

/** The path of each endpoint below a base URL, the same at every provider so far. */
const paths = new Map([
  ["chat.completions", "/chat/completions"],
  ["models", "/models"],
]);

function endpointsBelow(baseUrl: string): Map<string, URL> {
  const url = URL.parse(baseUrl);
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw invalid("base_url", "The base URL has to be an http or https URL.");
  }
  const base = baseUrl.replace(/\/+$/, "");
  return new Map([...paths].map(([endpoint, path]) => [endpoint, new URL(base + path)]));
}

const invalid = (field: string, message: string) =>
  new AppError("request.invalid", message, { details: [{ field, message }] });
