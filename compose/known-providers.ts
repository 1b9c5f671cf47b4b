import { ModelConfig } from "../rpc/model/config.ts";
import { checkProvider, type KnownProvider } from "../rpc/model/known-provider.ts";
import { providers as registry } from "../rpc/openai/provider/registry.ts";

export const knownProviders: readonly KnownProvider[] = [...registry.values()].map(
  ({ name, baseUrl }) => ({ name, needsBaseUrl: baseUrl === undefined }),
);

/**
 * The model service's configuration, in which every channel names a provider that exists. The
 * service itself cannot tell; only the openai service has the registry.
 */
export const ComposedModelConfig = ModelConfig.superRefine(({ channels }, context) => {
  for (const [index, channel] of channels.entries()) {
    for (const { path, message } of checkProvider(channel, knownProviders)) {
      context.addIssue({ code: "custom", path: ["channels", index, ...path], message });
    }
  }
});
