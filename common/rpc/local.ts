import { create, type DescMethod, type DescService } from "@bufbuild/protobuf";
import { type AnyMethod, type Client, methodOf, type ServiceImplementation } from "./service.ts";

/**
 * A client of a service in the same process: calls go straight to the implementation, with no
 * serialisation. `implementation` is asked at each call, so two services may hold each other.
 */
export function createLocalClient<Service extends DescService>(
  service: Service,
  implementation: () => ServiceImplementation<Service>,
): Client<Service> {
  const methods = service.methods.map((method) => [
    method.localName,
    localMethod(method, () => methodOf(implementation(), method)),
  ]);
  return Object.fromEntries(methods);
}

/** Fills in what an init leaves out, as the wire would; a whole message passes as it is. */
function localMethod(method: DescMethod, implementation: () => AnyMethod): AnyMethod {
  if (method.methodKind !== "server_streaming") {
    return async (request, call) => {
      const response = await implementation()(create(method.input, request), call);
      return create(method.output, response as Record<string, unknown>);
    };
  }
  return async function* (request, call) {
    const responses = implementation()(create(method.input, request), call);
    for await (const response of responses as AsyncIterable<Record<string, unknown>>) {
      yield create(method.output, response);
    }
  };
}
