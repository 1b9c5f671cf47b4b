import { isUtf8 } from "node:buffer";
import { AppError } from "../errors.ts";

/** Bytes `start` up to, not including, `end`. */
export interface FieldRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Where the values of the `wanted` top-level keys of a JSON object lie in `body`. The whole body
 * is held to the JSON grammar, as `JSON.parse` would hold it, yet nothing is decoded, so that 32 MiB
 * of base64 cost little more than a look at each byte.
 *
 * Throws `request.invalid` when the body is not UTF-8, not one JSON object, nested deeper than
 * `depthMax` (the object itself is depth 1), or names a wanted key twice: two readers of such a body
 * could see two different values.
 */
export function topLevelFields(
  body: Uint8Array,
  wanted: readonly string[],
  depthMax: number,
): Map<string, FieldRange> {
  if (!isUtf8(body)) throw invalid("The request body is not valid UTF-8.");
  return new Scanner(body, depthMax).object(wanted);
}

const tab = 0x09;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;
const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** Beyond this length a string is skipped by native search instead of byte by byte. */
const shortStringBytesMax = 64;

const literals = new Map(
  [..."true false null".split(" ")].map((text) => [text.charCodeAt(0), text]),
);

class Scanner {
  readonly #body: Buffer;
  readonly #depthMax: number;
  #at = 0;
  #depth = 0;
  // The next quote and backslash at or after the place where they were last looked for. Kept, so
  // that a body is searched once, whatever lies in it.
  #nextQuote = -1;
  #nextBackslash = -1;

  constructor(body: Uint8Array, depthMax: number) {
    this.#body = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    this.#depthMax = depthMax;
  }

  object(wanted: readonly string[]): Map<string, FieldRange> {
    const found = new Map<string, FieldRange>();
    this.#space();
    if (this.#peek() !== openBrace) throw invalid("The request body has to be a JSON object.");
    this.#members((key, range) => {
      const name = this.#text(key);
      if (!wanted.includes(name)) return;
      if (found.has(name)) {
        const details = [{ field: name, message: "Given more than once." }];
        throw invalid(`The request body names '${name}' more than once.`, details);
      }
      found.set(name, range);
    });
    this.#space();
    if (this.#at < this.#body.length) throw this.#unexpected();
    return found;
  }

  #value() {
    const byte = this.#peek();
    if (byte === quote) this.#string();
    else if (byte === openBrace) this.#members();
    else if (byte === openBracket) this.#elements();
    else if (byte === minus || isDigit(byte)) this.#number();
    else this.#literal(literals.get(byte));
  }

  #members(onMember?: (key: FieldRange, value: FieldRange) => void) {
    this.#enter();
    if (this.#leave(closeBrace)) return;
    for (;;) {
      if (this.#peek() !== quote) throw this.#unexpected();
      const keyStart = this.#at;
      this.#string();
      const keyEnd = this.#at;
      this.#space();
      this.#expect(colon);
      this.#space();
      const start = this.#at;
      this.#value();
      onMember?.({ start: keyStart, end: keyEnd }, { start, end: this.#at });
      this.#space();
      if (this.#leave(closeBrace)) return;
      this.#expect(comma);
      this.#space();
    }
  }

  #elements() {
    this.#enter();
    if (this.#leave(closeBracket)) return;
    for (;;) {
      this.#value();
      this.#space();
      if (this.#leave(closeBracket)) return;
      this.#expect(comma);
      this.#space();
    }
  }

  #enter() {
    this.#depth += 1;
    if (this.#depth > this.#depthMax) {
      throw invalid(`The request body is nested more than ${this.#depthMax} levels deep.`);
    }
    this.#at += 1;
    this.#space();
  }

  #leave(close: number): boolean {
    if (this.#peek() !== close) return false;
    this.#at += 1;
    this.#depth -= 1;
    return true;
  }

  #string() {
    const body = this.#body;
    this.#at += 1;
    let leapAt = this.#at + shortStringBytesMax;
    for (;;) {
      if (this.#at >= leapAt) {
        this.#leap();
        leapAt = this.#at + shortStringBytesMax;
      }
      const byte = body[this.#at];
      if (byte === undefined || byte < space) throw this.#unexpected();
      if (byte === backslash) this.#escape();
      else this.#at += 1;
      if (byte === quote) return;
    }
  }

  /** To the next quote or backslash, with nothing but plain characters on the way. */
  #leap() {
    const body = this.#body;
    if (this.#nextQuote < this.#at) this.#nextQuote = indexOrEnd(body, quote, this.#at);
    if (this.#nextBackslash < this.#at) this.#nextBackslash = indexOrEnd(body, backslash, this.#at);
    const end = Math.min(this.#nextQuote, this.#nextBackslash);
    let at = this.#at;
    while (at < end && Number(body[at]) >= space) at += 1;
    this.#at = at;
  }

  #escape() {
    const escaped = this.#body[this.#at + 1] ?? 0;
    this.#at += 2;
    if (escaped === letterU) {
      const end = this.#at + 4;
      for (; this.#at < end; this.#at += 1) if (!isHexDigit(this.#peek())) throw this.#unexpected();
    } else if (!simpleEscapes.has(escaped)) {
      this.#at -= 1;
      throw this.#unexpected();
    }
  }

  /** `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?` */
  #number() {
    if (this.#peek() === minus) this.#at += 1;
    if (this.#peek() === zero) this.#at += 1;
    else this.#digits();
    if (this.#peek() === point) {
      this.#at += 1;
      this.#digits();
    }
    if ((this.#peek() | lowerCaseBit) !== letterE) return;
    this.#at += 1;
    if (this.#peek() === plus || this.#peek() === minus) this.#at += 1;
    this.#digits();
  }

  #digits() {
    if (!isDigit(this.#peek())) throw this.#unexpected();
    while (isDigit(this.#peek())) this.#at += 1;
  }

  #literal(text = "") {
    const end = this.#at + text.length;
    if (!text || this.#body.toString("latin1", this.#at, end) !== text) throw this.#unexpected();
    this.#at = end;
  }

  #space() {
    for (;;) {
      const byte = this.#body[this.#at];
      if (byte !== space && byte !== lineFeed && byte !== carriageReturn && byte !== tab) return;
      this.#at += 1;
    }
  }

  #expect(byte: number) {
    if (this.#peek() !== byte) throw this.#unexpected();
    this.#at += 1;
  }

  /** The byte to read next; 0, which no grammar rule takes, at the end. */
  #peek(): number {
    return this.#body[this.#at] ?? 0;
  }

  /** The text of a string that has been found valid. */
  #text({ start, end }: FieldRange): string {
    const text = this.#body.toString("utf8", start + 1, end - 1);
    return text.includes("\\") ? String(JSON.parse(`"${text}"`)) : text;
  }

  #unexpected(): AppError {
    const what = this.#at < this.#body.length ? "an unexpected character" : "it ends";
    return invalid(`The request body is not valid JSON: ${what} at byte ${this.#at}.`);
  }
}

const minus = 0x2d;
const plus = 0x2b;
const point = 0x2e;
const zero = 0x30;
const letterE = 0x65;
const letterU = 0x75;
const lowerCaseBit = 0x20;
const simpleEscapes = new Set(Buffer.from('"\\/bfnrt'));

const isDigit = (byte: number): boolean => byte >= zero && byte <= 0x39;

const isHexDigit = (byte: number): boolean =>
  isDigit(byte) || ((byte | lowerCaseBit) >= 0x61 && (byte | lowerCaseBit) <= 0x66);

function indexOrEnd(body: Buffer, byte: number, from: number): number {
  const index = body.indexOf(byte, from);
  return index < 0 ? body.length : index;
}

const invalid = (message: string, details: { field: string; message: string }[] = []): AppError =>
  new AppError("request.invalid", message, { details });
