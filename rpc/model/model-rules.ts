import type { Finding } from "./findings.ts";
import type { ModelLimits } from "./limits.ts";
import { labelFault, modelNameFault } from "./name-rules.ts";
import {
  type ModelFields,
  type PriceTable,
  priceClasses,
  type SomeModelFields,
} from "./records.ts";

const modalities = ["text", "image", "audio", "video", "file"];
const labelPattern = /^[a-z][a-z0-9_]*$/;
/** What a uint32 of the contract holds. */
const tokensMax = 4_294_967_295;

/** Everything that is wrong with a catalogue entry, or with the fields of it that are given. */
export function checkModel(model: SomeModelFields, limits: ModelLimits): Finding[] {
  const findings: Finding[] = [];
  const report = (path: Finding["path"], message: string | undefined) => {
    if (message !== undefined) findings.push({ path, message });
  };
  if (model.id !== undefined) report(["id"], modelNameFault(model.id, limits));
  for (const name of ["displayName", "owner"] as const) {
    report([name], labelFault(model[name] ?? "", limits));
  }
  for (const name of ["contextTokensMax", "outputTokensMax"] as const) {
    if (!isWhole(model[name] ?? 0, tokensMax)) report([name], wholeNumber(tokensMax));
  }
  for (const name of ["inputModalities", "outputModalities", "capabilities"] as const) {
    report([name], labelsFault(name, model[name] ?? [], limits));
  }
  for (const priceClass of priceClasses) {
    const fits = isWhole(model.prices?.[priceClass] ?? 0, limits.priceMicroUsdMax);
    if (!fits) report(["prices", priceClass], wholeNumber(limits.priceMicroUsdMax));
  }
  return findings;
}

/** Just the fields of an entry, as they are stored. */
export const modelFields = (model: ModelFields): ModelFields => ({
  id: model.id,
  displayName: model.displayName || model.id,
  owner: model.owner,
  contextTokensMax: model.contextTokensMax,
  outputTokensMax: model.outputTokensMax,
  inputModalities: model.inputModalities,
  outputModalities: model.outputModalities,
  capabilities: model.capabilities,
  prices: knownPrices(model.prices),
});

/** Just the classes that have a price. */
export const knownPrices = (prices: PriceTable): PriceTable =>
  Object.fromEntries(
    priceClasses.flatMap((name) => (prices[name] === undefined ? [] : [[name, prices[name]]])),
  );

const isWhole = (value: number, max: number) =>
  Number.isSafeInteger(value) && value >= 0 && value <= max;

const wholeNumber = (max: number) => `expected a whole number from 0 to ${max}`;

function labelsFault(name: string, labels: string[], limits: ModelLimits): string | undefined {
  if (labels.length > limits.labelsMax) return `expected at most ${limits.labelsMax} entries`;
  if (new Set(labels).size < labels.length) return "expected every entry once";
  if (name !== "capabilities") {
    const known = labels.every((label) => modalities.includes(label));
    return known ? undefined : `expected only ${modalities.join(", ")}`;
  }
  const wellFormed = (label: string) =>
    labelPattern.test(label) && label.length <= limits.nameCharsMax;
  return labels.every(wellFormed) ? undefined : "expected lower case words such as tools";
}
