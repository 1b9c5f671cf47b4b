import { randomBytes } from "node:crypto";

/** Secrets that are planted under a name, so that they can be looked for everywhere. */
export class Canaries {
  readonly #planted = new Map<string, readonly Buffer[]>();
  readonly #values = new Map<string, string>();

  /** A new secret, of letters and digits so that no escaping hides it. */
  plant(name: string): string {
    const value = `canary${randomBytes(16).toString("hex")}`;
    this.add(name, value);
    return value;
  }

  /** A secret that the program made. */
  add(name: string, value: string): void {
    this.#values.set(name, value);
    this.#planted.set(name, formsOf(Buffer.from(value)));
  }

  /** A secret of raw bytes. */
  addBytes(name: string, value: Buffer): void {
    this.#planted.set(name, formsOf(value));
  }

  value(name: string): string {
    return this.#values.get(name) ?? "";
  }

  /** The names of those that are in there, in whatever form. */
  foundIn(bytes: Buffer, isExpected: (name: string) => boolean = () => false): string[] {
    return [...this.#planted]
      .filter(([name]) => !isExpected(name))
      .filter(([, forms]) => forms.some((form) => bytes.includes(form)))
      .map(([name]) => name);
  }
}

/** As it is, as hexadecimal digits, and in base64 wherever in a longer text it may begin. */
function formsOf(value: Buffer): Buffer[] {
  const hex = value.toString("hex");
  const inBase64 = [0, 1, 2].flatMap((offset) => {
    const shifted = Buffer.concat([Buffer.alloc(offset), value]);
    // What shares a character with the bytes around it is left out.
    const start = offset === 0 ? 0 : 4;
    const end = Math.floor(shifted.length / 3) * 4;
    return [shifted.toString("base64"), shifted.toString("base64url")].map((text) =>
      text.slice(start, end),
    );
  });
  return [value, ...[hex, hex.toUpperCase(), ...inBase64].map((text) => Buffer.from(text))];
}
