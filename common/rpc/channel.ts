import { Channel, type ChannelOptions } from "@grpc/grpc-js";
import { clientCredentials, type TlsConfig } from "./tls.ts";

export type { Channel } from "@grpc/grpc-js";
export type WireCall = ReturnType<Channel["createCall"]>;

export interface ChannelSettings {
  readonly tls?: TlsConfig;
  readonly messageBytesMax: number;
  readonly streamWindowBytes: number;
  readonly reconnectDelayMsMin: number;
  readonly reconnectDelayMsMax: number;
  readonly keepaliveIntervalMs: number;
  readonly keepaliveTimeoutMs: number;
}

/** A connection to one `host:port`, made when first used and made again when it breaks. */
export function createChannel(address: string, settings: ChannelSettings): Channel {
  return new Channel(`dns:${address}`, clientCredentials(settings.tls), {
    ...fixedOptions,
    "grpc.max_send_message_length": settings.messageBytesMax,
    "grpc.max_receive_message_length": settings.messageBytesMax,
    "grpc-node.flow_control_window": settings.streamWindowBytes,
    "grpc.initial_reconnect_backoff_ms": settings.reconnectDelayMsMin,
    "grpc.max_reconnect_backoff_ms": settings.reconnectDelayMsMax,
    "grpc.keepalive_time_ms": settings.keepaliveIntervalMs,
    "grpc.keepalive_timeout_ms": settings.keepaliveTimeoutMs,
    ...(settings.tls?.serverName
      ? {
          "grpc.ssl_target_name_override": settings.tls.serverName,
          "grpc.default_authority": settings.tls.serverName,
        }
      : {}),
  });
}

const fixedOptions: ChannelOptions = {
  // The caller repeats failed calls, at another endpoint; grpc-js could only do so at the same one.
  "grpc.enable_retries": 0,
  // A connection belongs to its channel and closes with it.
  "grpc.use_local_subchannel_pool": 1,
  "grpc.enable_channelz": 0,
  "grpc.enable_http_proxy": 0,
  "grpc.service_config_disable_resolution": 1,
  "grpc.dns_min_time_between_resolutions_ms": 1_000,
};
