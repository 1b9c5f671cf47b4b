import type { ProbeResponse } from "../../gen/rpc/openai/openai_pb.ts";

const messageCharsMax = 200;

/**
 * Why a probe failed, in one short sentence that may be stored and shown: an upstream's own words
 * could repeat the credential, so of an answer only its status is told.
 */
export function probeFault({ status, message }: ProbeResponse): string {
  if (status === 0) return message.slice(0, messageCharsMax) || "The upstream was not reached.";
  if (status >= 200 && status < 300) return `The upstream's answer (${status}) names no models.`;
  return `The upstream answered ${status} when asked for its models.`;
}
