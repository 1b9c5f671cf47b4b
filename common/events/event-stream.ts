import { AppError } from "../errors.ts";
import type { Event, Events } from "./events.ts";

/** More waiting events than this means that the reader is stuck; it is cut off and starts anew. */
const waitingEventsMax = 10_000;

/**
 * A topic as a stream, for the `Watch` methods. Yields `undefined` once, when the subscription is in
 * place, then each event. A gap ends it with `service.unavailable`, and so do events that would be
 * late: the reader watches again and reads anew what it holds. It ends quietly when `signal` aborts.
 */
export async function* eventStream(
  events: Events,
  topic: string,
  signal: AbortSignal,
): AsyncGenerator<Event | undefined> {
  const waiting: Event[] = [];
  let failure: AppError | undefined;
  let wake = () => {};
  const fail = (message: string) => {
    failure = new AppError("service.unavailable", message);
    wake();
  };
  const subscription = await events.subscribe(topic, {
    onEvent(event) {
      waiting.push(event);
      if (waiting.length > waitingEventsMax) fail("The reader of the events fell too far behind.");
      wake();
    },
    onGap: () => fail("Events may have been missed."),
    onLate: () => fail("Events are late."),
  });
  const onAbort = () => wake();
  signal.addEventListener("abort", onAbort);
  try {
    yield undefined;
    while (!signal.aborted) {
      if (failure) throw failure;
      const event = waiting.shift();
      if (event) yield event;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    subscription.close();
  }
}
