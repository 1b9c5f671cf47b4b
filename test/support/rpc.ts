import type { TestContext } from "node:test";
import type { DescService } from "@bufbuild/protobuf";
import { pino } from "pino";
import type { z } from "zod";
import { AppError } from "../../common/errors.ts";
import type { Call } from "../../common/rpc/call.ts";
import { type EndpointSource, fixedEndpoints } from "../../common/rpc/endpoint-source.ts";
import { createRemoteClient } from "../../common/rpc/remote.ts";
import { RpcClientConfig, RpcServerConfig } from "../../common/rpc/rpc-config.ts";
import { startRpcServer } from "../../common/rpc/server.ts";
import type { ServiceImplementation } from "../../common/rpc/service.ts";

export const silentLog = pino({ level: "silent" });

type Partly<Service extends DescService> = Partial<ServiceImplementation<Service>>;

/** A whole implementation in which every method that is not given fails as `unimplemented`. */
export function implement<Service extends DescService>(
  service: Service,
  methods: Partly<Service>,
): ServiceImplementation<Service> {
  const missing = service.methods.map(({ localName }) => [
    localName,
    async () => {
      throw new AppError("unimplemented", `${localName} is not part of this test`);
    },
  ]);
  return { ...Object.fromEntries(missing), ...methods };
}

export interface ServeOptions<Service extends DescService> {
  readonly service: Service;
  readonly methods: Partly<Service>;
  readonly config?: z.input<typeof RpcServerConfig>;
  readonly log?: typeof silentLog;
}

/** A server on a free port that stops with the test. */
export async function startTestServer<Service extends DescService>(
  t: TestContext,
  { service, methods, config, log = silentLog }: ServeOptions<Service>,
) {
  const server = await startRpcServer({
    service,
    implementation: implement(service, methods),
    config: RpcServerConfig.parse({ drainTimeoutMs: 100, cutGraceMs: 100, ...config }),
    log,
  });
  t.after(() => server.shutdown());
  return server;
}

export interface ClientOptions<Service extends DescService> {
  readonly service: Service;
  readonly endpoints: EndpointSource | readonly string[];
  readonly config?: z.input<typeof RpcClientConfig>;
}

/** A client that closes with the test. */
export function testClient<Service extends DescService>(
  t: TestContext,
  { service, endpoints, config }: ClientOptions<Service>,
) {
  const client = createRemoteClient(service, {
    endpoints: "subscribe" in endpoints ? endpoints : fixedEndpoints(endpoints),
    config: RpcClientConfig.parse(config),
    log: silentLog,
  });
  t.after(() => client[Symbol.dispose]());
  return client;
}

export const testCall = (changes: Partial<Call> = {}): Call => ({
  requestId: "test-request",
  signal: new AbortController().signal,
  ...changes,
});
