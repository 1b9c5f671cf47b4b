/** The most that a name may be long, for those who check one. */
interface NameLimits {
  readonly nameCharsMax: number;
}

/** What is wrong with a model's name; undefined when nothing is. */
export function modelNameFault(name: string, { nameCharsMax }: NameLimits): string | undefined {
  if (name === "") return "expected a name";
  if (name.length > nameCharsMax) return `expected at most ${nameCharsMax} characters`;
  // "*" stands for any name wherever names are allowed or denied.
  if (/[\s\p{C}*]/u.test(name)) return "expected a name without spaces, control characters and *";
  return undefined;
}

/** What is wrong with a text that only people read; undefined when nothing is. */
export function labelFault(label: string, { nameCharsMax }: NameLimits): string | undefined {
  if (label.length > nameCharsMax) return `expected at most ${nameCharsMax} characters`;
  if (/\p{C}/u.test(label)) return "expected no control characters";
  return undefined;
}
