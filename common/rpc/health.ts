import {
  type Health,
  HealthCheckResponse_ServingStatus,
} from "../../gen/common/rpc/proto/health_pb.ts";
import { AppError } from "../errors.ts";
import type { Call } from "./call.ts";
import type { ServiceImplementation } from "./service.ts";

const { SERVING, NOT_SERVING, SERVICE_UNKNOWN } = HealthCheckResponse_ServingStatus;

export interface HealthService {
  readonly implementation: ServiceImplementation<typeof Health>;
  /** From now on every answer is NOT_SERVING. */
  drain(): void;
}

/** gRPC's standard health check for the named services and, as "", for the process. */
export function createHealth(serviceNames: readonly string[]): HealthService {
  const names = new Set(["", ...serviceNames]);
  const drained = Promise.withResolvers<void>();
  let serving = true;
  const statusOf = (name: string) => {
    if (!names.has(name)) return SERVICE_UNKNOWN;
    return serving ? SERVING : NOT_SERVING;
  };
  return {
    implementation: {
      async check({ service }) {
        if (!names.has(service)) {
          throw new AppError("resource.not_found", "There is no such service here.");
        }
        return { status: statusOf(service) };
      },
      async *watch({ service }, call) {
        yield { status: statusOf(service) };
        if (serving) {
          await Promise.race([drained.promise, aborted(call)]);
          if (!serving) yield { status: statusOf(service) };
        }
        await aborted(call);
      },
    },
    drain() {
      serving = false;
      drained.resolve();
    },
  };
}

async function aborted({ signal }: Call): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}
