import {
  create,
  type DescMessage,
  type DescMethod,
  type DescService,
  isMessage,
} from "@bufbuild/protobuf";
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
  if (method.methodKind === "server_streaming") {
    return (request, call) => {
      const responses = implementation()(create(method.input, request), call);
      return new LocalStream(method.output, responses as AsyncIterable<Init>);
    };
  }
  return async (request, call) => {
    const response = await implementation()(create(method.input, request), call);
    return create(method.output, response as Init);
  };
}

type Init = Record<string, unknown>;

/** An object that is asked and not one more generator, which would cost every streamed chunk. */
class LocalStream implements AsyncIterableIterator<Init> {
  readonly #responses: AsyncIterator<Init>;
  readonly #fill: (result: IteratorResult<Init>) => IteratorResult<Init>;

  constructor(schema: DescMessage, responses: AsyncIterable<Init>) {
    this.#responses = responses[Symbol.asyncIterator]();
    this.#fill = (result) =>
      result.done || isMessage(result.value, schema)
        ? result
        : { done: false, value: create(schema, result.value) };
  }

  next(): Promise<IteratorResult<Init>> {
    return this.#responses.next().then(this.#fill);
  }

  async return(): Promise<IteratorResult<Init>> {
    await this.#responses.return?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator]() {
    return this;
  }
}
