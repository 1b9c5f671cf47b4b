import { once } from "node:events";
import {
  create,
  type DescFile,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  toBinary,
} from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { type Server, type ServerDuplexStream, status } from "@grpc/grpc-js";
import {
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
  type ServerReflectionResponse,
  ServerReflectionResponseSchema,
} from "../../gen/common/rpc/proto/reflection_pb.ts";

type Answer = NonNullable<
  MessageInitShape<typeof ServerReflectionResponseSchema>["messageResponse"]
>;

/** Both versions have the same messages; older tools know only the second name. */
const paths = [
  "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
  "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];

/** Lets tools such as grpcurl ask which services there are and what their messages look like. */
export function addReflection(server: Server, served: readonly DescFile[]): void {
  const known = { files: withImports(served), services: serviceNames(served) };
  const handler = async (
    wire: ServerDuplexStream<ServerReflectionRequest, ServerReflectionResponse>,
  ) => {
    try {
      for await (const request of wire) {
        const response = create(ServerReflectionResponseSchema, {
          validHost: request.host,
          originalRequest: request,
          messageResponse: answerTo(request, known),
        });
        if (!wire.write(response)) await once(wire, "drain");
      }
      wire.end();
    } catch {
      // The client has gone in the middle; there is nobody to tell.
    }
  };
  for (const path of paths) server.register(path, handler, encode, decode, "bidi");
}

const decode = (bytes: Buffer) => fromBinary(ServerReflectionRequestSchema, bytes);
const encode = (response: ServerReflectionResponse) =>
  Buffer.from(toBinary(ServerReflectionResponseSchema, response));

interface Known {
  /** Those of the services, and what they import. */
  readonly files: readonly DescFile[];
  readonly services: readonly string[];
}

/** A file that is only imported may describe a service too, which is served elsewhere. */
const serviceNames = (served: readonly DescFile[]) =>
  served.flatMap(({ services }) => services.map(({ typeName }) => typeName)).toSorted();

function answerTo(
  { messageRequest: asked }: ServerReflectionRequest,
  { files, services }: Known,
): Answer {
  switch (asked.case) {
    case "listServices": {
      const service = services.map((name) => ({ name }));
      return { case: "listServicesResponse", value: { service } };
    }
    case "fileByFilename":
      return fileAnswer(files.find((file) => file.proto.name === asked.value));
    case "fileContainingSymbol":
      return fileAnswer(files.find((file) => declares(file, asked.value)));
    default:
      return failure(status.UNIMPLEMENTED, "This server has no extensions.");
  }
}

function fileAnswer(file: DescFile | undefined): Answer {
  if (!file) return failure(status.NOT_FOUND, "This server does not know that.");
  const fileDescriptorProto = withImports([file]).map(({ proto }) =>
    toBinary(FileDescriptorProtoSchema, proto),
  );
  return { case: "fileDescriptorResponse", value: { fileDescriptorProto } };
}

const failure = (errorCode: number, errorMessage: string): Answer => ({
  case: "errorResponse",
  value: { errorCode, errorMessage },
});

/** The files and everything they import, each once. */
function withImports(files: readonly DescFile[]): DescFile[] {
  const found = new Set<DescFile>();
  const visit = (file: DescFile) => {
    if (found.has(file)) return;
    found.add(file);
    file.dependencies.forEach(visit);
  };
  files.forEach(visit);
  return [...found];
}

/** A symbol is a service, one of its methods, a message or an enum, by its full name. */
function declares(file: DescFile, symbol: string): boolean {
  return (
    file.services.some(
      ({ typeName, methods }) =>
        typeName === symbol || methods.some(({ name }) => `${typeName}.${name}` === symbol),
    ) ||
    file.enums.some(({ typeName }) => typeName === symbol) ||
    file.messages.some((message) => declaresMessage(message, symbol))
  );
}

const declaresMessage = (message: DescMessage, symbol: string): boolean =>
  message.typeName === symbol ||
  message.nestedEnums.some(({ typeName }) => typeName === symbol) ||
  message.nestedMessages.some((nested) => declaresMessage(nested, symbol));
