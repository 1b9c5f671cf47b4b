import type { DescService } from "@bufbuild/protobuf";
import type { RegistrationConfig } from "../../common/discovery/discovery-config.ts";
import { subscribe } from "../../common/discovery/subscriber.ts";
import { createEtcd } from "../../common/etcd/etcd.ts";
import type { EtcdConfig } from "../../common/etcd/etcd-config.ts";
import { createEtcdEvents } from "../../common/events/etcd-events.ts";
import type { Events } from "../../common/events/events.ts";
import type { Logger } from "../../common/log.ts";
import { createRemoteClient } from "../../common/rpc/remote.ts";
import type { RpcClientConfig, RpcServerConfig } from "../../common/rpc/rpc-config.ts";
import type { Client, ServiceImplementation } from "../../common/rpc/service.ts";
import { serve } from "../../common/serve.ts";

export interface NetworkConfig {
  readonly namespace: string;
  readonly etcd: EtcdConfig;
}

export interface ServingConfig {
  readonly rpcServer: RpcServerConfig;
  readonly registration: RegistrationConfig;
}

/** How a process of a distributed deployment reaches the others, and they it. */
export interface Network {
  readonly events: Events;
  /** A client of a service, wherever its replicas are now. */
  client<Service extends DescService>(service: Service, config: RpcClientConfig): Client<Service>;
  /** Serves and registers; `closing` the network leaves and drains first. Resolves to `host:port`. */
  serve<Service extends DescService>(
    service: Service,
    implementation: ServiceImplementation<Service>,
    config: ServingConfig,
  ): Promise<string>;
}

/** `closing` takes what has to be undone when the process stops, in the opposite order. */
export function joinNetwork(
  { namespace, etcd: etcdConfig }: NetworkConfig,
  log: Logger,
  closing: AsyncDisposableStack,
): Network {
  const etcd = createEtcd(etcdConfig);
  closing.defer(() => etcd.close());
  const events = closing.use(createEtcdEvents({ etcd, prefix: `${namespace}/events`, log }));
  return {
    events,
    client(service, config) {
      const endpoints = subscribe(etcd, { key: discoveryKey(namespace, service), log });
      closing.defer(() => endpoints.close());
      return closing.use(createRemoteClient(service, { endpoints, config, log }));
    },
    async serve(service, implementation, { rpcServer, registration }) {
      const key = discoveryKey(namespace, service);
      const discovery = { etcd, key, registration };
      const served = await serve({ service, implementation, config: rpcServer, log, discovery });
      closing.defer(() => served.stop());
      return served.address;
    },
  };
}

/** Such as "apirouter/user.rpc", from `apirouter.user.v1.UserService`. */
const discoveryKey = (namespace: string, service: DescService) =>
  `${namespace}/${service.typeName.split(".")[1]}.rpc`;
