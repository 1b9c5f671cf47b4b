import {
  create,
  type DescMessage,
  type DescMethodBiDiStreaming,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import { type Metadata, status } from "@grpc/grpc-js";
import type { Channel, WireCall } from "../rpc/channel.ts";
import { StatusError } from "../rpc/client-call.ts";
import { encodeRequest, pathOf } from "../rpc/definition.ts";

export interface StreamListener<O extends DescMessage> {
  onMessage(message: MessageShape<O>): void;
  /** The last thing that is heard, whoever ended the stream. */
  onEnd(error: StatusError): void;
}

/** A stream in both directions, as etcd's watches and lease keep-alives are. */
export class EtcdStream<I extends DescMessage, O extends DescMessage> {
  readonly #method: DescMethodBiDiStreaming<I, O>;
  readonly #call: WireCall;

  constructor(
    method: DescMethodBiDiStreaming<I, O>,
    { channel, metadata }: { readonly channel: Channel; readonly metadata: Metadata },
    listener: StreamListener<O>,
  ) {
    this.#method = method;
    this.#call = channel.createCall(pathOf(method), Number.POSITIVE_INFINITY, null, null, null);
    this.#call.start(metadata, {
      onReceiveMetadata() {},
      onReceiveMessage: (bytes: Buffer) => {
        listener.onMessage(fromBinary(method.output, bytes));
        this.#call.startRead();
      },
      onReceiveStatus: (ended) => listener.onEnd(new StatusError(ended)),
    });
    this.#call.startRead();
  }

  send(request: MessageInitShape<I>): void {
    this.#call.sendMessageWithContext(
      {},
      encodeRequest(this.#method, create(this.#method.input, request)),
    );
  }

  close(): void {
    this.#call.cancelWithStatus(status.CANCELLED, "Closed");
  }
}
