import { z } from "@hono/zod-openapi";
import { pageSizeDefault, pageSizeMax } from "../../common/access/page.ts";

/*
 * The fields that resources share. Texts exclude control characters and halves of surrogate pairs:
 * stores refuse some of them, and terminals act on others. Lengths here are outer bounds; the
 * services hold every field to what is configured.
 */

const plainLine = /^[^\p{Cc}\p{Cs}]*$/u;
const plainParagraph = /^(?:[^\p{Cc}\p{Cs}]|[\t\n\r])*$/u;
const notPlain = "must not contain control characters";

/** One line of text. */
export const line = (charsMax: number) =>
  z
    .string()
    .max(charsMax)
    .refine((value) => plainLine.test(value), notPlain);

/** Text that may have several lines. */
export const paragraph = (charsMax: number) =>
  z
    .string()
    .max(charsMax)
    .refine((value) => plainParagraph.test(value), notPlain);

export const id = line(64).min(1).openapi({ example: "0198c1d2-7f3a-7c44-9c1b-3f1de2a4b001" });

/** What to say of a text that is there and has the wrong form. */
export const wrongForm =
  (message: string) =>
  ({ code }: { code?: string }): string | undefined =>
    code === "invalid_format" ? message : undefined;

/** RFC 3339. */
export const timestamp = z.iso
  .datetime({
    offset: true,
    error: wrongForm("must be an RFC 3339 time, such as 2030-01-31T12:00:00Z"),
  })
  .openapi({ format: "date-time", example: "2030-01-31T12:00:00.000Z" });

export const toTimestamp = (ms: number): string => new Date(ms).toISOString();

/** For times that a store keeps as 0 or leaves out while they are unset. */
export const toTimestampOrNull = (ms: number | undefined): string | null =>
  ms ? toTimestamp(ms) : null;

export const toMs = (time: string): number => Date.parse(time);

/** Texts are stored empty while they are unset; the API says null. */
export const orNull = (value: string): string | null => (value === "" ? null : value);

const pageMax = 100_000;

export const pageQuery = {
  page: z.coerce.number().int().min(1).max(pageMax).default(1),
  page_size: z.coerce.number().int().min(1).max(pageSizeMax).default(pageSizeDefault),
};

export interface PageQuery {
  readonly page: number;
  readonly page_size: number;
}

export const toPage = (query: PageQuery) => ({ page: query.page, pageSize: query.page_size });

export const pageOf = <Item extends z.ZodType>(name: string, item: Item) =>
  z
    .object({
      items: z.array(item),
      total: z.int().describe("How many there are on all pages."),
      page: z.int(),
      page_size: z.int(),
    })
    .openapi(name);

/** What a route takes that needs nothing but its path. */
export const nothing = z.strictObject({});

export const byId = z.strictObject({ id });

/** The data of an answer that has none. */
export const nothingBack = z.null();
