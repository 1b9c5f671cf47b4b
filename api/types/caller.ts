import type { z } from "@hono/zod-openapi";
import type { User } from "../../gen/rpc/user/user_pb.ts";

/** Where a request comes from. */
export interface Origin {
  readonly ip: string;
  readonly userAgent: string;
  /** True when it was sent on this machine, to a listener that is bound to loopback only. */
  readonly madeHere: boolean;
}

/** The signed-in person behind a request, as they are at this moment. */
export interface Caller {
  readonly user: User;
  readonly sessionId: string;
  readonly actor: { readonly userId: string; readonly role: string };
}

/** What the logic of a route gets that anyone may call. */
export type FromAnyone<Input extends z.ZodType> = { readonly origin: Origin } & z.output<Input>;

/** What the logic of a route gets that needs a signed-in person. */
export type FromCaller<Input extends z.ZodType> = { readonly caller: Caller } & z.output<Input>;
