import { baseUrlFault, normalBaseUrl } from "./base-url.ts";
import type { Finding } from "./findings.ts";
import type { ModelLimits } from "./limits.ts";
import { labelFault, modelNameFault } from "./name-rules.ts";
import { type ChannelFields, modelSources, type ServedName } from "./records.ts";

/** A channel as somebody asks for it: its settings as yet unchecked, its credential in the clear. */
export interface WantedChannel extends Omit<ChannelFields, "modelSource"> {
  readonly modelSource: string;
  /** Empty for none; undefined to leave it as it is. */
  readonly credential?: string | undefined;
}

/** Everything that is wrong with a channel. Never quotes the credential. */
export function checkChannel(channel: WantedChannel, limits: ModelLimits): Finding[] {
  const findings: Finding[] = [];
  const report = (path: Finding["path"], message: string | undefined) => {
    if (message !== undefined) findings.push({ path, message });
  };
  if (channel.name.trim() === "") report(["name"], "expected a name");
  report(["name"], labelFault(channel.name, limits));
  report(["provider"], providerFault(channel.provider, limits));
  if (channel.baseUrl !== "") report(["baseUrl"], baseUrlFault(channel.baseUrl, limits));
  report(["credential"], credentialFault(channel.credential ?? "", limits));
  if (!modelSources.some((known) => known === channel.modelSource)) {
    report(["modelSource"], `expected one of ${modelSources.join(", ")}`);
  }
  if (channel.modelSource === "list" && channel.models.length === 0) {
    report(["models"], "expected at least one model, as the channel serves only what is listed");
  }
  return [...findings, ...checkServedNames(channel.models, limits)];
}

/** Just the settings of a channel that has been checked, as they are stored. */
export const channelFields = (channel: WantedChannel): ChannelFields => ({
  name: channel.name.trim(),
  provider: channel.provider,
  baseUrl: normalBaseUrl(channel.baseUrl),
  enabled: channel.enabled,
  modelSource: modelSources.find((known) => known === channel.modelSource) ?? "list",
  models: channel.models.map(({ name, upstreamName }) => ({ name, upstreamName })),
  allowPrivateNetwork: channel.allowPrivateNetwork,
});

function checkServedNames(models: ServedName[], limits: ModelLimits): Finding[] {
  if (models.length > limits.modelsPerChannelMax) {
    return [{ path: ["models"], message: `expected at most ${limits.modelsPerChannelMax} models` }];
  }
  const names = new Set<string>();
  return models.flatMap(({ name, upstreamName }, index) => {
    const nameFault =
      modelNameFault(name, limits) ?? (names.has(name) ? "expected every name once" : undefined);
    names.add(name);
    const upstreamFault = upstreamName === "" ? undefined : modelNameFault(upstreamName, limits);
    return [
      ...(nameFault ? [{ path: ["models", index, "name"], message: nameFault }] : []),
      ...(upstreamFault
        ? [{ path: ["models", index, "upstreamName"], message: upstreamFault }]
        : []),
    ];
  });
}

/** Only the openai service knows the registry; that a provider exists shows when it is tested. */
function providerFault(provider: string, { nameCharsMax }: ModelLimits): string | undefined {
  const wellFormed = /^[a-z0-9][a-z0-9._-]*$/.test(provider) && provider.length <= nameCharsMax;
  return wellFormed ? undefined : "expected the name of a provider, such as openai";
}

/** A credential travels in a header, so it is held to what a header value may be. */
function credentialFault(credential: string, limits: ModelLimits): string | undefined {
  const text = credential.trim();
  if (text.length > limits.credentialCharsMax) {
    return `expected at most ${limits.credentialCharsMax} characters`;
  }
  return /^[\x20-\x7e]*$/.test(text) ? undefined : "expected one line of printable ASCII";
}
