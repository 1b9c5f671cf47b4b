import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Secrets } from "../common/parts.ts";
import { StartError } from "./start-error.ts";

const secretBytes = 32;

/** A secret in configuration: exactly 32 random bytes in base64. */
export const SecretText = z
  .string()
  .refine(
    isStrongSecret,
    "expected 32 random bytes in base64 (`openssl rand -base64 32` makes one)",
  );

/** Refuses what nobody would draw at random, such as one byte repeated or a readable phrase. */
function isStrongSecret(text: string): boolean {
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return false;
  const bytes = Buffer.from(text, "base64");
  return bytes.length === secretBytes && new Set(bytes).size >= secretBytes / 2;
}

/** The secrets of a data folder; made at the first start, readable by its owner alone. */
export function loadSecrets(folder: string): Secrets {
  const file = join(folder, "secrets.json");
  const text = readOrWriteSecrets(file);
  try {
    const stored = SecretFile.parse(JSON.parse(text));
    return {
      apiKeyPepper: Buffer.from(stored.apiKeyPepper, "base64"),
      passwordPepper: Buffer.from(stored.passwordPepper, "base64"),
      masterKey: Buffer.from(stored.masterKey, "base64"),
    };
  } catch {
    // The parser's own message could quote the file's content.
    throw new StartError(`${file} does not hold three secrets of 32 bytes in base64`);
  }
}

function readOrWriteSecrets(file: string): string {
  try {
    if (!existsSync(file)) writeSecrets(file);
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new StartError(`cannot read or create ${file}`, error);
  }
}

const SecretFile = z.strictObject({
  apiKeyPepper: SecretText,
  passwordPepper: SecretText,
  masterKey: SecretText,
});

/** Written aside, synced and linked into place, so that a power cut leaves all of it or nothing. */
function writeSecrets(file: string): void {
  const secret = () => randomBytes(secretBytes).toString("base64");
  const secrets = { apiKeyPepper: secret(), passwordPepper: secret(), masterKey: secret() };
  const draft = `${file}.draft`;
  rmSync(draft, { force: true });
  const descriptor = openSync(draft, "wx", 0o600);
  writeSync(descriptor, `${JSON.stringify(secrets, null, 2)}\n`);
  fsyncSync(descriptor);
  closeSync(descriptor);
  linkSync(draft, file);
  rmSync(draft);
}
