import { readFileSync } from "node:fs";
import { ChannelCredentials, ServerCredentials } from "@grpc/grpc-js";
import { z } from "zod";

/** Mutual TLS: both sides show a certificate of the same authority. */
export const TlsConfig = z
  .strictObject({
    caFile: z.string().describe("PEM file of the authority that signed the other side."),
    certFile: z.string().describe("PEM file of this process's certificate."),
    keyFile: z.string().describe("PEM file of its private key."),
    serverName: z
      .string()
      .optional()
      .describe("Name expected in a server's certificate when it is not the host that is dialled."),
  })
  .optional()
  .describe("Mutual TLS; plain text when absent.");
export type TlsConfig = z.infer<typeof TlsConfig>;

export function clientCredentials(tls: TlsConfig): ChannelCredentials {
  if (!tls) return ChannelCredentials.createInsecure();
  const { ca, cert, key } = readFiles(tls);
  return ChannelCredentials.createSsl(ca, key, cert);
}

/** A client without a certificate of the authority is turned away. */
export function serverCredentials(tls: TlsConfig): ServerCredentials {
  if (!tls) return ServerCredentials.createInsecure();
  const { ca, cert, key } = readFiles(tls);
  return ServerCredentials.createSsl(ca, [{ private_key: key, cert_chain: cert }], true);
}

const readFiles = (tls: NonNullable<TlsConfig>) => ({
  ca: readFileSync(tls.caFile),
  cert: readFileSync(tls.certFile),
  key: readFileSync(tls.keyFile),
});
