import { z } from "zod";
import { TlsConfig } from "../rpc/tls.ts";

const hostAndPort = /^(\[[0-9a-fA-F:.]+\]|[^:[\]/,\s]+):\d{1,5}$/;

/** An entry of more than one lets a single environment variable name all members. */
const membersOf = (entry: string): string[] => entry.split(",").map((member) => member.trim());

export const EtcdConfig = z
  .strictObject({
    endpoints: z
      .array(
        z
          .string()
          .refine(
            (entry) => membersOf(entry).every((member) => hostAndPort.test(member)),
            "expected host:port, or several with commas between them",
          ),
      )
      .min(1)
      .default(["127.0.0.1:2379"])
      .describe("`host:port` of the members, also several in one entry with commas between them.")
      .transform((entries) => entries.flatMap(membersOf)),
    username: z.string().optional().describe("Set when etcd asks for a sign-in."),
    password: z.string().optional().describe("The password that goes with it."),
    tls: TlsConfig,
    requestTimeoutMs: z
      .int()
      .min(1)
      .default(5_000)
      .describe("A request that no member has answered by then fails."),
    reconnectDelayMsMin: z
      .int()
      .min(1)
      .default(100)
      .describe("First pause before a failed member or stream is tried again; it doubles."),
    reconnectDelayMsMax: z.int().min(1).default(2_000).describe("Longest such pause."),
    keepaliveIntervalMs: z
      .int()
      // etcd closes connections that ping more often than every 5 s.
      .min(5_000)
      .default(10_000)
      .describe("Pause between pings on a connection in use."),
    keepaliveTimeoutMs: z
      .int()
      .min(100)
      .default(5_000)
      .describe("A connection whose ping is not answered in this time is dead."),
  })
  .prefault({})
  .describe("The etcd cluster for discovery and events.");
export type EtcdConfig = z.infer<typeof EtcdConfig>;
