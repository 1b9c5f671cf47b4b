import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import type { DescService } from "@bufbuild/protobuf";
import { Server } from "@grpc/grpc-js";
import { Health } from "../../gen/common/rpc/proto/health_pb.ts";
import { ServerReflection } from "../../gen/common/rpc/proto/reflection_pb.ts";
import { ConfigError } from "../config.ts";
import { AppError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { advertisedHost, joinHostPort } from "./address.ts";
import { createHealth } from "./health.ts";
import { OpenCalls } from "./open-calls.ts";
import { addReflection } from "./reflection.ts";
import type { RpcServerConfig } from "./rpc-config.ts";
import { addMethods } from "./server-methods.ts";
import type { ServiceImplementation } from "./service.ts";
import { serverCredentials } from "./tls.ts";

const cancelsPerSecondMax = 1_000_000;

export interface RpcServerOptions<Service extends DescService> {
  readonly service: Service;
  readonly implementation: ServiceImplementation<Service>;
  readonly config: RpcServerConfig;
  readonly log: Logger;
}

export interface RpcServer {
  /** `host:port` under which others reach the server. */
  readonly address: string;
  /**
   * Refuses new calls, so that they are made elsewhere, ends watches at once and waits for the other
   * calls. Those that take longer than `drainTimeoutMs` end with `service.shutting_down`.
   */
  shutdown(): Promise<void>;
}

/** Serves an implementation over gRPC, with health checking and reflection beside it. */
export async function startRpcServer<Service extends DescService>(
  options: RpcServerOptions<Service>,
): Promise<RpcServer> {
  const { service, implementation, config, log } = options;
  const calls = new OpenCalls();
  const health = createHealth([service.typeName]);
  let draining = false;
  let down: Promise<void> | undefined;
  const host = {
    log,
    calls,
    streamBufferBytesMax: config.streamBufferBytesMax,
    isDraining: () => draining,
  };
  const server = createServer(config);
  addMethods(server, { service, implementation }, host);
  addMethods(server, { service: Health, implementation: health.implementation }, host);
  addReflection(server, [service.file, Health.file, ServerReflection.file]);
  const port = await bind(server, config);
  const shutdown = async () => {
    health.drain();
    // Lets those who watch the health hear of it before their stream ends.
    await setImmediate();
    draining = true;
    await drain(server, calls, config);
  };
  return {
    address: joinHostPort(advertisedHost(config), port),
    shutdown() {
      down ??= shutdown();
      return down;
    },
  };
}

function createServer(config: RpcServerConfig): Server {
  const server = new Server({
    "grpc.max_send_message_length": config.messageBytesMax,
    "grpc.max_receive_message_length": config.messageBytesMax,
    "grpc.keepalive_time_ms": config.keepaliveIntervalMs,
    "grpc.keepalive_timeout_ms": config.keepaliveTimeoutMs,
    "grpc.enable_channelz": 0,
  });
  allowCancels(server);
  return server;
}

/**
 * nghttp2 takes a client that cancels more than 1,000 streams, then 33 a second, for an attacker and
 * ends its connection with all other calls on it. Our clients carry the calls of thousands of people,
 * who leave when they like. grpc-js has no option for it, so the options that it hands to Node are
 * amended; the test "thousands of cancelled calls" holds this.
 */
function allowCancels(server: Server) {
  const options: unknown = Reflect.get(server, "commonServerOptions");
  if (typeof options !== "object" || options === null) {
    throw new Error("this version of grpc-js keeps its HTTP/2 options elsewhere");
  }
  Object.assign(options, {
    streamResetBurst: cancelsPerSecondMax,
    streamResetRate: cancelsPerSecondMax,
  });
}

function bind(server: Server, config: RpcServerConfig): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(config.listen, serverCredentials(config.tls), (error, port) => {
      if (error) reject(new ConfigError(`cannot listen on ${config.listen}: ${error.message}`));
      else resolve(port);
    });
  });
}

async function drain(server: Server, calls: OpenCalls, config: RpcServerConfig) {
  const reason = new AppError("service.shutting_down", "The service is shutting down.");
  for (const open of calls.list().filter(({ endless }) => endless)) {
    open.abort(reason);
    open.fail(reason);
  }
  await calls.idle(config.drainTimeoutMs);
  for (const open of calls.list()) open.abort(reason);
  await calls.idle(config.cutGraceMs);
  for (const open of calls.list()) open.fail(reason);
  // Only now is goodbye said on the connections: after a GOAWAY grpc-js takes its own next keep-alive
  // ping for failed and drops the calls that still run (grpc-node#3068).
  const closed = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
  await Promise.race([closed, sleep(config.flushTimeoutMs, undefined, { ref: false })]);
  server.forceShutdown();
}
