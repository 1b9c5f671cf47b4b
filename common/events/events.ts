/**
 * News between the replicas of one service: "this key changed", "the channels changed". In one
 * process it is an emitter (`local-events.ts`), between processes etcd (`etcd-events.ts`).
 */
export interface Events {
  /**
   * Resolves when every replica that is connected has been or is being told. Rejects with
   * `events.not_delivered` when the news could not be handed over.
   */
  publish(topic: string, event: Event): Promise<void>;
  /** Resolves when the subscription is in place: whatever is published after that arrives. */
  subscribe(topic: string, listener: EventListener): Promise<Subscription>;
}

export interface Event {
  /** What changed, such as a key's id. */
  readonly id: string;
  /** What it is now; its meaning belongs to the topic. Never a secret. */
  readonly value: string;
}

export interface EventListener {
  onEvent(event: Event): void;
  /** Events may have been missed: whatever was learnt from them has to be read again. */
  onGap(): void;
  /**
   * Events are late from now on, while other replicas may hear them in time. None is lost; but who
   * promises to act on them at once has to look for itself until a new subscription is in place.
   */
  onLate?(): void;
}

export interface Subscription {
  close(): void;
}
