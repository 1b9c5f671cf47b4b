import { AppError } from "../../../common/errors.ts";

/** A whole body. Throws `upstream.bad_response` when it is longer than `bytesMax`. */
export async function readWithin(body: AsyncIterable<Buffer>, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > bytesMax) {
      throw new AppError("upstream.bad_response", "The upstream's answer is too long.");
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
