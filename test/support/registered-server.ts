import { publish } from "../../common/discovery/publisher.ts";
import { createEtcd } from "../../common/etcd/etcd.ts";
import { EtcdConfig } from "../../common/etcd/etcd-config.ts";
import { RpcServerConfig } from "../../common/rpc/rpc-config.ts";
import { startRpcServer } from "../../common/rpc/server.ts";
import { ApiKeyService } from "../../gen/rpc/apikey/apikey_pb.ts";
import { implement, silentLog } from "./rpc.ts";

/**
 * A process of its own, to be killed: serves one method, registers, says so on standard output.
 * Arguments: etcd's endpoint and the key to register under.
 */
const [, , endpoint = "", key = ""] = process.argv;
const server = await startRpcServer({
  service: ApiKeyService,
  implementation: implement(ApiKeyService, { getApiKey: async () => ({ id: "killed" }) }),
  config: RpcServerConfig.parse({}),
  log: silentLog,
});
const etcd = createEtcd(EtcdConfig.parse({ endpoints: [endpoint] }));
await publish(etcd, { key, address: server.address, ttlSeconds: 2, log: silentLog });
process.stdout.write("registered\n");
