import { AppError } from "../../../common/errors.ts";
import { Pieces } from "../../../common/pieces.ts";

/** A whole body. Throws `upstream.bad_response` when it is longer than `bytesMax`. */
export async function readWithin(body: AsyncIterable<Buffer>, bytesMax: number): Promise<Buffer> {
  const pieces = new Pieces();
  for await (const chunk of body) {
    pieces.push(chunk);
    if (pieces.length > bytesMax) {
      throw new AppError("upstream.bad_response", "The upstream's answer is too long.");
    }
  }
  return pieces.take();
}
