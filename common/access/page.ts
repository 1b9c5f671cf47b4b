import type { Page } from "../../gen/common/access/access_pb.ts";
import { AppError } from "../errors.ts";

/** Items on a page when the caller names no number. */
export const pageSizeDefault = 20;
export const pageSizeMax = 100;

/** The rows of a page, for a store. */
export interface Slice {
  readonly offset: number;
  readonly limit: number;
}

/** What the caller leaves out is the first page, of the usual size. Throws `request.invalid`. */
export function sliceOf(page: Page | undefined): Slice {
  const number = page?.page || 1;
  const limit = page?.pageSize || pageSizeDefault;
  if (limit <= pageSizeMax) return { offset: (number - 1) * limit, limit };
  const message = `expected at most ${pageSizeMax}`;
  throw new AppError("request.invalid", `page_size: ${message}.`, {
    details: [{ field: "page_size", message }],
  });
}
