import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "../../../common/errors.ts";
import type { ApiKeyContext } from "../context.ts";
import type { ShownStatus } from "../store/schema.ts";

export const apiKeyTopic = "apikey";

const retryDelayMs = 50;

/**
 * Tells every gateway that a key has changed; called when the change is stored and before it is
 * acknowledged. Of changes that race, the last announcement may carry the status of an earlier
 * one: a listener has to forget the key and ask again, never to take the status for the truth.
 *
 * Throws `events.not_delivered`. Every change can be repeated then, and is announced again.
 */
export async function announceChange(
  { config, events, log }: ApiKeyContext,
  keyId: string,
  status: ShownStatus | "deleted",
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await events.publish(apiKeyTopic, { id: keyId, value: status });
    } catch (cause) {
      log.warn({ error: cause, key: keyId, attempt }, "a key's change was not announced");
      if (attempt >= config.announceAttemptsMax) {
        throw new AppError(
          "events.not_delivered",
          "The change is stored, but not every gateway could be told of it yet. Repeat the request.",
          { cause },
        );
      }
    }
    await sleep(retryDelayMs * attempt);
  }
}
