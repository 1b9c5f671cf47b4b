import type { MessageInitShape } from "@bufbuild/protobuf";
import { AppError } from "../../../common/errors.ts";
import type { Call } from "../../../common/rpc/call.ts";
import type {
  TestChannelRequest,
  TestChannelResponseSchema,
} from "../../../gen/rpc/model/model_pb.ts";
import type { ModelContext } from "../context.ts";

export async function testChannel(
  _context: ModelContext,
  _request: TestChannelRequest,
  _call: Call,
): Promise<MessageInitShape<typeof TestChannelResponseSchema>> {
  throw new AppError("unimplemented", "TestChannel is not written yet");
}
