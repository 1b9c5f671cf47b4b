import type { Page } from "../../gen/common/access/access_pb.ts";
import type { ModelLimits } from "./limits.ts";
import type { Slice } from "./store/slice.ts";

/** The rows of a page; page 0 is the first, and size 0 the default. */
export function pageSlice(page: Page | undefined, limits: ModelLimits): Slice {
  const limit = Math.min(page?.pageSize || limits.pageSizeDefault, limits.pageSizeMax);
  return { limit, offset: (Math.max(page?.page ?? 1, 1) - 1) * limit };
}
