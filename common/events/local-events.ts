import type { EventListener, Events } from "./events.ts";

/** Events within one process. A listener hears an event before its publisher goes on. */
export function createLocalEvents(): Events {
  const topics = new Map<string, Set<EventListener>>();
  return {
    async publish(topic, event) {
      for (const listener of topics.get(topic) ?? []) listener.onEvent(event);
    },
    async subscribe(topic, listener) {
      const listeners = topics.get(topic) ?? new Set();
      topics.set(topic, listeners.add(listener));
      return { close: () => listeners.delete(listener) };
    },
  };
}
