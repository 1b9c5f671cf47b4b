import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { z } from "zod";

const folder = path.join(import.meta.dirname, "../../../shared/data/cassettes");

/** Test options that skip, visibly, where the recordings are absent. */
export const needsCassettes: { skip: string | false } = {
  skip: existsSync(folder) ? false : "the recorded provider traffic (../shared) is not here",
};

/** One recorded chat exchange. */
export interface Exchange {
  /** The recording's file and the exchange's place in it. */
  readonly name: string;
  readonly url: string;
  readonly requestBody: Buffer;
  readonly isStream: boolean;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const Headers = z.record(z.string(), z.array(z.string()));
const Body = z
  .union([z.string(), z.looseObject({ string: z.unknown().optional() })])
  .nullish()
  .transform((body) => (typeof body === "string" ? body : body?.string));
const Interaction = z.object({
  request: z.object({
    method: z.string(),
    uri: z.string(),
    body: Body,
    parsed_body: z.unknown().optional(),
  }),
  response: z.object({
    headers: Headers,
    status: z.object({ code: z.number() }),
    body: Body,
    parsed_body: z.unknown().optional(),
  }),
});

/** Every recorded exchange in OpenAI's dialect; none where the recordings are absent. */
export function chatExchanges(): Exchange[] {
  if (needsCassettes.skip) return [];
  const files = globSync("*/*.yaml", { cwd: folder }).sort();
  return files.flatMap((file) => exchangesOf(file));
}

function exchangesOf(file: string): Exchange[] {
  const text = readFileSync(path.join(folder, file), "utf8");
  if (!text.includes("/chat/completions")) return [];
  const document: { interactions?: unknown[] } = parse(text, { maxAliasCount: -1 });
  return (document.interactions ?? []).flatMap((raw, index) => {
    const parsed = Interaction.safeParse(raw);
    if (!parsed.success || !isChat(parsed.data.request.uri)) return [];
    return [exchangeOf(parsed.data, `${file}#${index}`)];
  });
}

const isChat = (uri: string) => new URL(uri).pathname.endsWith("/chat/completions");

function exchangeOf({ request, response }: z.infer<typeof Interaction>, name: string): Exchange {
  const requestBody = bytesOf(request.parsed_body, request.body);
  return {
    name,
    url: request.uri,
    requestBody,
    isStream: /"stream":\s*true/.test(requestBody.toString()),
    status: response.status.code,
    headers: Object.fromEntries(
      Object.entries(response.headers).map(([key, values]) => [
        key.toLowerCase(),
        values.join(", "),
      ]),
    ),
    body: bytesOf(response.parsed_body, response.body),
  };
}

function bytesOf(parsed: unknown, raw: unknown): Buffer {
  if (parsed !== undefined) return Buffer.from(JSON.stringify(parsed));
  if (raw instanceof Uint8Array) return Buffer.from(raw);
  return Buffer.from(typeof raw === "string" ? raw : "");
}
