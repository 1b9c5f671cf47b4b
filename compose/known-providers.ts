import { ModelConfig } from "../rpc/model/config.ts";
import { providers as registry } from "../rpc/openai/provider/registry.ts";

export const knownProviders: readonly string[] = [...registry.keys()];

/**
 * The model service's configuration, in which every channel names a provider that exists. The
 * service itself cannot tell; only the openai service has the registry.
 */
export const ComposedModelConfig = ModelConfig.superRefine(({ channels }, context) => {
  for (const [index, { provider }] of channels.entries()) {
    if (registry.has(provider)) continue;
    context.addIssue({
      code: "custom",
      path: ["channels", index, "provider"],
      message: `expected one of ${knownProviders.join(", ")}`,
    });
  }
});
