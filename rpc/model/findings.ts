import { AppError } from "../../common/errors.ts";

/** One thing that is wrong with an entry, at its path in the configuration's spelling. */
export interface Finding {
  readonly path: (string | number)[];
  readonly message: string;
}

/** Throws `request.invalid` that names every finding in the API's spelling. */
export function assertNone(findings: Finding[]): void {
  const [first] = findings;
  if (!first) return;
  throw new AppError("request.invalid", `${field(first)}: ${first.message}.`, {
    details: findings.map((finding) => ({ field: field(finding), message: finding.message })),
  });
}

const field = ({ path }: Finding): string =>
  path.join(".").replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
