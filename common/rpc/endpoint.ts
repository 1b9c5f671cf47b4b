import { connectivityState } from "@grpc/grpc-js";
import type { Channel } from "./channel.ts";

/** A latency measured this long ago counts 1/e: a slow endpoint is given another chance. */
const latencyMemoryMs = 10_000;
/** Latencies below this do not make one endpoint better than another. */
const latencyFloorMs = 1;
/** An endpoint that was asked this long ago and has said nothing since may stand still. */
const silenceMs = 1_000;
/** Its calls then count so many times. It is not left out: slow work can look the same. */
const silenceWeight = 8;

export interface EndpointOptions {
  readonly address: string;
  connect(): Channel;
  /** A connection that has not come about by then is dialled anew. */
  readonly dialTimeoutMs: number;
  readonly asideMsMin: number;
  readonly asideMsMax: number;
  /** Whether it can be used has changed. */
  onChange(): void;
}

/** One replica of a service, as its callers see it: its connection, its load, its health. */
export class Endpoint {
  readonly address: string;
  readonly #options: EndpointOptions;
  #channel: Channel;
  #inFlight = 0;
  #latencyMs = 0;
  #measuredAtMs = 0;
  /** When the first call began that came after the last sign of life. */
  #unheardSinceMs = Number.POSITIVE_INFINITY;
  #aside: NodeJS.Timeout | undefined;
  #asideMs: number;
  #retired = false;

  constructor(options: EndpointOptions) {
    this.address = options.address;
    this.#channel = options.connect();
    this.#options = options;
    this.#asideMs = options.asideMsMin;
    this.#keepConnected();
  }

  get channel(): Channel {
    return this.#channel;
  }

  get usable(): boolean {
    return !this.#aside && this.#channel.getConnectivityState(false) === connectivityState.READY;
  }

  /**
   * Calls in flight, weighed with how long calls have taken lately (exponentially weighted), and
   * the more when it may stand still.
   */
  loadAt(nowMs: number): number {
    const faded = this.#latencyMs * Math.exp((this.#measuredAtMs - nowMs) / latencyMemoryMs);
    const weight = nowMs - this.#unheardSinceMs > silenceMs ? silenceWeight : 1;
    return (faded + latencyFloorMs) * (this.#inFlight + 1) * weight;
  }

  begin(): void {
    this.#inFlight += 1;
    if (this.#unheardSinceMs === Number.POSITIVE_INFINITY) this.#unheardSinceMs = performance.now();
  }

  /** It has answered something: it does not stand still. */
  heard(): void {
    this.#unheardSinceMs = Number.POSITIVE_INFINITY;
    this.#asideMs = this.#options.asideMsMin;
  }

  end(): void {
    this.#inFlight -= 1;
    // With nobody waiting, silence means nothing.
    if (this.#inFlight === 0) this.#unheardSinceMs = Number.POSITIVE_INFINITY;
    if (this.#retired) this.#closeWhenIdle();
  }

  /** An answered call: `latencyMs` counts the more, the longer ago the last one was. */
  measured(latencyMs: number, nowMs: number): void {
    const weight = Math.exp((this.#measuredAtMs - nowMs) / latencyMemoryMs);
    const memory = this.#measuredAtMs === 0 ? 0 : Math.min(weight, 0.9);
    this.#latencyMs = this.#latencyMs * memory + latencyMs * (1 - memory);
    this.#measuredAtMs = nowMs;
    this.heard();
  }

  /** Takes the endpoint out of rotation for a while, longer each time in a row. */
  setAside(): void {
    if (this.#aside || this.#retired) return;
    this.#aside = setTimeout(() => {
      this.#takeBack();
      this.#options.onChange();
    }, this.#asideMs);
    this.#aside.unref();
    this.#asideMs = Math.min(this.#asideMs * 2, this.#options.asideMsMax);
  }

  #takeBack() {
    clearTimeout(this.#aside);
    this.#aside = undefined;
  }

  /** No new calls; those in flight finish, then the connection closes. */
  retire(): void {
    this.#retired = true;
    this.#closeWhenIdle();
  }

  /** Closes now, whatever is in flight. */
  close(): void {
    this.#retired = true;
    clearTimeout(this.#aside);
    this.#channel.close();
  }

  #closeWhenIdle() {
    if (this.#inFlight === 0) this.close();
  }

  /** Dials whenever the channel has gone idle; grpc-js itself would wait for a call. */
  #keepConnected() {
    if (this.#retired) return;
    const state = this.#channel.getConnectivityState(true);
    const isReady = state === connectivityState.READY;
    // A new connection: whatever was wrong with the one before says nothing about it.
    if (isReady) this.#takeBack();
    this.#options.onChange();
    if (state === connectivityState.SHUTDOWN) return;
    const untilMs = isReady ? Number.POSITIVE_INFINITY : Date.now() + this.#options.dialTimeoutMs;
    this.#channel.watchConnectivityState(state, untilMs, (late) => {
      if (late) this.#dialAnew();
      this.#keepConnected();
    });
  }

  /** grpc-js and the kernel wait for minutes, or for ever, for an answer that was lost. */
  #dialAnew() {
    if (this.#retired) return;
    this.#channel.close();
    this.#channel = this.#options.connect();
  }
}
