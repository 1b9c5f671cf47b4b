import type { Socket } from "node:net";
import type { Exchange } from "./exchange.ts";

/** One client connection and what is being served on it. */
export class Connection {
  /** In the order in which they came; more than one only when the client pipelines. */
  readonly exchanges: Exchange[] = [];
  readonly #socket: Socket;
  readonly peer: string;
  #bytesInSeen = 0;
  #bytesOutSeen = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.peer = socket.remoteAddress ?? "";
  }

  /** False when it is not being served here any more. */
  forget(exchange: Exchange): boolean {
    const index = this.exchanges.indexOf(exchange);
    if (index >= 0) this.exchanges.splice(index, 1);
    return index >= 0;
  }

  /** Bytes that came and went since this was last asked, so each belongs to one request. */
  takeBytes(): { bytesIn: number; bytesOut: number } {
    const { bytesRead, bytesWritten } = this.#socket;
    const bytesIn = bytesRead - this.#bytesInSeen;
    const bytesOut = bytesWritten - this.#bytesOutSeen;
    this.#bytesInSeen = bytesRead;
    this.#bytesOutSeen = bytesWritten;
    return { bytesIn, bytesOut };
  }
}

/** Finds a socket's connection, and forgets it with the socket. */
export function createConnections(): (socket: Socket) => Connection {
  const connections = new WeakMap<Socket, Connection>();
  return (socket) => {
    const known = connections.get(socket);
    if (known) return known;
    const connection = new Connection(socket);
    connections.set(socket, connection);
    return connection;
  };
}
