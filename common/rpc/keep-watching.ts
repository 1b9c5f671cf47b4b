import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "../log.ts";
import { createOutageNotice } from "../outage.ts";
import type { Call } from "./call.ts";

const retryDelayMsMin = 50;
const retryDelayMsMax = 2_000;

export interface WatchOptions<Message> {
  /** For the log: what is watched. */
  readonly name: string;
  readonly log: Logger;
  /** Ends the watch. */
  readonly signal: AbortSignal;
  open(call: Call): AsyncIterable<Message>;
  onMessage(message: Message): void;
  /** The stream broke and is about to be opened again: changes may be missed until it is. */
  onLost?(): void;
}

/** Reads a `Watch` stream for ever, opening it again with growing pauses whenever it breaks. */
export async function keepWatching<Message>(options: WatchOptions<Message>): Promise<void> {
  const { signal, log, name } = options;
  const outage = createOutageNotice({ log, subject: { watch: name } });
  let delayMs = retryDelayMsMin;
  while (!signal.aborted) {
    try {
      for await (const message of options.open({ requestId: `watch-${name}`, signal })) {
        delayMs = retryDelayMsMin;
        outage.worked();
        options.onMessage(message);
      }
    } catch (error) {
      if (signal.aborted) return;
      log.debug({ error, watch: name }, "watch broke; opening it again");
      outage.failed(error);
    }
    if (signal.aborted) return;
    options.onLost?.();
    await sleep(delayMs * (0.5 + Math.random()), undefined, { signal }).catch(() => {});
    delayMs = Math.min(delayMs * 2, retryDelayMsMax);
  }
}
