import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { PageSchema } from "../../gen/common/access/access_pb.ts";
import { sliceOf } from "./page.ts";

const slice = (page: number, pageSize: number) => sliceOf(create(PageSchema, { page, pageSize }));

test("a page that is left out is the first, of the usual size", () => {
  assert.deepEqual(sliceOf(undefined), { offset: 0, limit: 20 });
  assert.deepEqual(slice(0, 0), { offset: 0, limit: 20 });
});

test("the last page that can be named has its rows named exactly", () => {
  assert.deepEqual(slice(4_294_967_295, 100), { offset: 429_496_729_400, limit: 100 });
});

test("a page of too many items is refused by name", () => {
  assert.throws(() => slice(1, 101), {
    code: "request.invalid",
    details: [{ field: "page_size", message: "expected at most 100" }],
  });
});
