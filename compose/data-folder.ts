import { chmodSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StartError } from "./start-error.ts";

/** The folder that an all-in-one process owns alone while it runs. */
export interface DataFolder {
  readonly path: string;
  /** The URL of one service's SQLite file. */
  databaseUrl(service: string): string;
  release(): void;
}

/** Creates the folder when it is missing and locks it. Throws a `StartError` when it cannot. */
export function openDataFolder(folder: string): DataFolder {
  const path = resolve(folder);
  try {
    makeFolder(path);
  } catch (error) {
    throw new StartError(`cannot create the data folder ${path}`, error);
  }
  const lock = lockFolder(path);
  return {
    path,
    databaseUrl: (service) => `sqlite:${join(path, `${service}.db`)}`,
    release: () => lock.close(),
  };
}

/** Not `recursive`: with that, Node tries for ever where nothing can be made, as below /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) {
    readdirSync(path);
    return;
  }
  makeFolder(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

/**
 * An exclusive SQLite transaction that is held for as long as the process lives: the kernel lets go
 * of it however the process ends, which no file with a process id in it can promise.
 */
function lockFolder(path: string): DatabaseSync {
  const file = join(path, "lock.db");
  let lock: DatabaseSync;
  try {
    lock = new DatabaseSync(file);
    chmodSync(file, 0o600);
  } catch (error) {
    throw new StartError(`cannot write to the data folder ${path}`, error);
  }
  try {
    lock.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock.close();
    const busy = error instanceof Error && /locked|busy/i.test(error.message);
    if (busy) throw new StartError(`the data folder ${path} is in use by another API Router`);
    throw new StartError(`cannot write to the data folder ${path}`, error);
  }
}
