import { setTimeout as sleep } from "node:timers/promises";
import {
  create,
  type DescMessage,
  type DescMethodBiDiStreaming,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import { Metadata, status } from "@grpc/grpc-js";
import { Auth } from "../../gen/common/etcd/etcd_pb.ts";
import { type Channel, createChannel } from "../rpc/channel.ts";
import { callUnary, StatusError } from "../rpc/client-call.ts";
import { encodeRequest, pathOf } from "../rpc/definition.ts";
import type { EtcdConfig } from "./etcd-config.ts";
import { EtcdStream, type StreamListener } from "./etcd-stream.ts";

/** An answer with many keys is large; etcd itself sets no limit to it. */
const messageBytesMax = 64 * 1024 * 1024;
const streamWindowBytes = 256 * 1024;

/** A connection to an etcd cluster. `kv.ts`, `lease.ts` and `watch.ts` say what it is good for. */
export interface Etcd {
  readonly config: EtcdConfig;
  /**
   * Asks one member after the other until one answers. A request may be processed twice, so it must
   * be one for which that is no harm. Rejects with a `StatusError`.
   */
  unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    options?: RequestOptions,
  ): Promise<MessageShape<O>>;
  /** Opens a stream to one member; after it broke, the next one goes to another. */
  stream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodBiDiStreaming<I, O>,
    listener: StreamListener<O>,
  ): Promise<EtcdStream<I, O>>;
  /**
   * The member behind a stream takes what it is sent and does not answer: all streams to it end, and
   * so go to another, and its connection is made anew.
   */
  abandon(stream: Closable): void;
  close(): void;
}

interface Closable {
  close(): void;
}

export interface RequestOptions {
  /** Default: the configured one. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export function createEtcd(config: EtcdConfig): Etcd {
  const members = createMembers(config);
  const sendOnce = async <I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    { deadlineMs, signal, metadata }: Sending,
  ): Promise<MessageShape<O>> => {
    const member = members.current();
    const bytes = encodeRequest(method, create(method.input, request));
    try {
      const path = pathOf(method);
      const answer = await callUnary(member.channel, { path, metadata, bytes, deadlineMs, signal });
      return fromBinary(method.output, answer);
    } catch (error) {
      if (isMemberFailure(error)) members.failed(member);
      throw error;
    }
  };
  const signIn = createSignIn(config, (credentials, sending) =>
    sendOnce(Auth.method.authenticate, credentials, sending),
  );

  return {
    config,
    async unary(method, request, options = {}) {
      const timeoutMs = options.timeoutMs ?? config.requestTimeoutMs;
      const signal = options.signal ?? new AbortController().signal;
      const endMs = Date.now() + timeoutMs;
      const attemptMs = timeoutMs / config.endpoints.length;
      for (let attempts = 1; ; attempts += 1) {
        const deadlineMs = Math.min(endMs, Date.now() + attemptMs);
        try {
          const metadata = await signIn.metadata({ deadlineMs, signal });
          return await sendOnce(method, request, { deadlineMs, signal, metadata });
        } catch (error) {
          const again = isMemberFailure(error) || signIn.hasExpired(error);
          const pauseMs = pauseAfter(attempts, config);
          if (!again || signal.aborted || Date.now() + pauseMs >= endMs) throw error;
          await sleep(pauseMs);
        }
      }
    },
    async stream(method, listener) {
      const deadlineMs = Date.now() + config.requestTimeoutMs;
      const metadata = await signIn.metadata({ deadlineMs, signal: new AbortController().signal });
      // A member that has lost its leader ends the stream in place of standing still.
      metadata.set("hasleader", "true");
      const member = members.current();
      const stream = new EtcdStream(
        method,
        { channel: member.channel, metadata },
        {
          onMessage: listener.onMessage,
          onEnd(error) {
            signIn.hasExpired(error);
            member.streams.delete(stream);
            members.failed(member);
            listener.onEnd(error);
          },
        },
      );
      member.streams.add(stream);
      return stream;
    },
    abandon: (stream) => members.abandon(stream),
    close: () => members.close(),
  };
}

interface Sending {
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  readonly metadata: Metadata;
}

interface Member {
  channel: Channel;
  readonly streams: Set<Closable>;
}

function createMembers(config: EtcdConfig) {
  const settings = { ...config, messageBytesMax, streamWindowBytes };
  const connect = (endpoint: string) => createChannel(endpoint, settings);
  const members = config.endpoints.map((endpoint) => ({
    endpoint,
    channel: connect(endpoint),
    streams: new Set<Closable>(),
  }));
  let index = 0;
  return {
    current(): Member {
      const member = members[index % members.length];
      if (!member) throw new Error("etcd has no endpoints");
      return member;
    },
    /** Moves on, unless another call has already done so. */
    failed(member: Member) {
      if (this.current() === member) index += 1;
    },
    abandon(stream: Closable) {
      const silent = members.find(({ streams }) => streams.has(stream));
      if (!silent) return;
      this.failed(silent);
      // grpc-js waits without limit for a connection to be answered.
      silent.channel.close();
      silent.channel = connect(silent.endpoint);
      for (const each of [...silent.streams]) each.close();
    },
    close() {
      for (const { channel } of members) channel.close();
    },
  };
}

type Authenticate = (
  credentials: { name: string; password: string },
  sending: Sending,
) => Promise<{ token: string }>;

/** Holds the token that etcd gives for name and password, until etcd no longer knows it. */
function createSignIn({ username, password = "" }: EtcdConfig, authenticate: Authenticate) {
  let token: Promise<string> | undefined;
  const newToken = async (limits: Omit<Sending, "metadata">) => {
    const sending = { ...limits, metadata: new Metadata() };
    return (await authenticate({ name: username ?? "", password }, sending)).token;
  };
  return {
    async metadata(limits: Omit<Sending, "metadata">): Promise<Metadata> {
      const metadata = new Metadata();
      if (username === undefined) return metadata;
      token ??= newToken(limits);
      try {
        metadata.set("token", await token);
      } catch (error) {
        token = undefined;
        throw error;
      }
      return metadata;
    },
    /** Forgets a token that etcd refuses; true when another attempt with a new one makes sense. */
    hasExpired(error: unknown): boolean {
      if (!(error instanceof StatusError) || token === undefined) return false;
      const refused = /invalid auth token|auth store is old/.test(error.status.details);
      if (refused) token = undefined;
      return refused;
    },
  };
}

const memberFailures: readonly number[] = [
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.CANCELLED,
];

const isMemberFailure = (error: unknown): boolean =>
  error instanceof StatusError && memberFailures.includes(error.status.code);

/** The first round through the members has no pauses. */
export function pauseAfter(attempts: number, config: EtcdConfig): number {
  const rounds = Math.floor(attempts / config.endpoints.length);
  if (rounds === 0) return 0;
  return Math.min(config.reconnectDelayMsMin * 2 ** (rounds - 1), config.reconnectDelayMsMax);
}
