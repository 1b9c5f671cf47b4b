import { setTimeout as sleep } from "node:timers/promises";
import type { DescService } from "@bufbuild/protobuf";
import type { RegistrationConfig } from "./discovery/discovery-config.ts";
import { publish } from "./discovery/publisher.ts";
import type { Etcd } from "./etcd/etcd.ts";
import { type RpcServerOptions, startRpcServer } from "./rpc/server.ts";

export interface ServeOptions<Service extends DescService> extends RpcServerOptions<Service> {
  /** Where to register; without it, callers have the address from their configuration. */
  readonly discovery?:
    | {
        readonly etcd: Etcd;
        /** The service's name in discovery, such as "user.rpc". */
        readonly key: string;
        readonly registration: RegistrationConfig;
      }
    | undefined;
}

export interface ServedService {
  /** `host:port` under which others reach the service. */
  readonly address: string;
  /**
   * Leaves discovery, goes on serving those who have not heard of it yet, then lets what is in
   * flight finish. Nothing that was called properly fails.
   */
  stop(): Promise<void>;
}

/** The life of a service's process: it listens, then registers, and goes in the opposite order. */
export async function serve<Service extends DescService>(
  options: ServeOptions<Service>,
): Promise<ServedService> {
  const { discovery, log } = options;
  const server = await startRpcServer(options);
  log.info({ address: server.address, service: options.service.typeName }, "serving");
  if (!discovery) return { address: server.address, stop: () => server.shutdown() };

  const { etcd, key, registration } = discovery;
  const publisher = await publish(etcd, {
    key,
    address: server.address,
    ttlSeconds: registration.ttlSeconds,
    log,
  });
  return {
    address: server.address,
    async stop() {
      await publisher.stop();
      await sleep(registration.leaveGraceMs);
      await server.shutdown();
    },
  };
}
