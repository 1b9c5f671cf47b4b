import type {
  DescMessage,
  DescMethod,
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import type { Call } from "./call.ts";

/**
 * What a caller of a service holds. It cannot tell whether the service runs in the same process
 * (`local.ts`) or behind gRPC (`remote.ts`). Failures are `AppError`s either way.
 */
export type Client<Service extends DescService> = {
  readonly [Name in keyof Service["method"]]: ClientMethod<Service["method"][Name]>;
};

/** What a service is: one function a method, over the generated messages. */
export type ServiceImplementation<Service extends DescService> = {
  readonly [Name in keyof Service["method"]]: MethodImplementation<Service["method"][Name]>;
};

type ClientMethod<Method> =
  Method extends DescMethodUnary<infer Input, infer Output>
    ? Unary<MessageInitShape<Input>, MessageShape<Output>>
    : Method extends DescMethodServerStreaming<infer Input, infer Output>
      ? Streaming<MessageInitShape<Input>, MessageShape<Output>>
      : never;

type MethodImplementation<Method> =
  Method extends DescMethodUnary<infer Input, infer Output>
    ? Unary<MessageShape<Input>, MessageInitShape<Output>>
    : Method extends DescMethodServerStreaming<infer Input, infer Output>
      ? Streaming<MessageShape<Input>, MessageInitShape<Output>>
      : never;

type Unary<Request, Response> = (request: Request, call: Call) => Promise<Response>;
type Streaming<Request, Response> = (request: Request, call: Call) => AsyncIterable<Response>;

/** A method with its messages' types erased, as the transports handle it. */
export type AnyMethod = (
  request: MessageInitShape<DescMessage>,
  call: Call,
) => Promise<MessageInitShape<DescMessage>> | AsyncIterable<MessageInitShape<DescMessage>>;

/** The one place where a method is looked up by name, and so loses its type. */
export function methodOf(implementation: object, method: DescMethod): AnyMethod {
  const found: AnyMethod | undefined = Reflect.get(implementation, method.localName);
  if (!found) throw new Error(`${method.parent.typeName} has no implementation of ${method.name}`);
  return found;
}
