import type { AppError } from "../../common/errors.ts";
import { Roster } from "../../common/roster.ts";
import type { Principal } from "./principal.ts";

/** A data plane request that has been authenticated and is not over. */
export interface RunningRequest {
  readonly principal: Principal;
  /** By which its key can be looked up again. */
  readonly secretHash: Uint8Array;
  /** Ends it now, with an error to the client as far as one can still be told. */
  cut(error: AppError): void;
}

/** What runs, so that the end of a key ends what was begun with it. */
export class RunningRequests {
  readonly #running = new Roster<RunningRequest>();

  /** Gives what takes it off again, when it is over. */
  enter(request: RunningRequest): () => void {
    return this.#running.enter(request);
  }

  /** Ends what runs under a key's or a user's id. */
  cut(id: string, error: AppError): void {
    for (const request of this.#running) {
      const { keyId, userId } = request.principal;
      if (keyId === id || userId === id) request.cut(error);
    }
  }

  cutAll(error: AppError): void {
    for (const request of this.#running) request.cut(error);
  }

  /** One hash for each secret in use. */
  secretHashes(): Uint8Array[] {
    const distinct = new Map<string, Uint8Array>();
    for (const { secretHash } of this.#running) {
      distinct.set(Buffer.from(secretHash).toString("latin1"), secretHash);
    }
    return [...distinct.values()];
  }
}
