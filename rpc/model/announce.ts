import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "../../common/errors.ts";
import type { Events } from "../../common/events/events.ts";

/** Where replicas tell each other that the store has changed. */
export const modelTopic = "model";

/** Pauses between the attempts to tell; the caller waits for the change to be acknowledged. */
const retryDelaysMs = [50, 200];

/**
 * Tells every replica that an entry has changed in the store. Throws `events.not_delivered` when
 * that fails: the change is stored then, but others may learn of it late.
 */
export async function announce(events: Events, id: string): Promise<void> {
  for (const delayMs of retryDelaysMs) {
    try {
      return await events.publish(modelTopic, { id, value: "" });
    } catch {
      await sleep(delayMs);
    }
  }
  try {
    await events.publish(modelTopic, { id, value: "" });
  } catch (cause) {
    throw new AppError(
      "events.not_delivered",
      "The change is stored, but some processes may learn of it late.",
      { cause },
    );
  }
}
