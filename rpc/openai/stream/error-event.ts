import type { AppError } from "../../../common/errors.ts";

/** A stream that failed ends in OpenAI's error object, which its clients raise as an error. */
export function errorEvent({ message, code, status, details }: AppError): Buffer {
  const param = details[0]?.field ?? null;
  return dataEvent({ error: { message, type: status.openai, param, code } });
}

/** One event that carries JSON. */
export const dataEvent = (data: unknown): Buffer =>
  Buffer.from(`data: ${JSON.stringify(data)}\n\n`);

export const doneEvent = Buffer.from("data: [DONE]\n\n");

/** A comment, which every client ignores. */
export const heartbeat = Buffer.from(": keep-alive\n\n");

/** Ends an event of which a part has gone out already. */
export const eventBreak = Buffer.from("\n\n");
