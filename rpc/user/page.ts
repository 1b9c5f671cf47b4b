import { AppError } from "../../common/errors.ts";
import type { Page } from "../../gen/common/access/access_pb.ts";
import type { Slice } from "./stores.ts";

const pageSizeDefault = 20;
const pageMax = 1_000_000;

/** The rows of a page; what the caller leaves out is the first page, of the usual size. */
export function sliceOf(page: Page | undefined, pageSizeMax: number): Slice {
  const number = page?.page || 1;
  const limit = page?.pageSize || Math.min(pageSizeDefault, pageSizeMax);
  if (limit > pageSizeMax || number > pageMax) {
    throw new AppError("request.invalid", `A page has at most ${pageSizeMax} items.`, {
      details: [{ field: "page_size", message: `At most ${pageSizeMax}.` }],
    });
  }
  return { offset: (number - 1) * limit, limit };
}
