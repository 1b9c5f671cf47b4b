/** One process of the deployment, before it has an address. */
export interface PlannedProcess {
  /** Its process name, numbered where there are several: `openai-2`. */
  readonly name: string;
  /** The first argument of apirouter.ts. */
  readonly process: ProcessKind;
  /** Its configuration file, from the project's root. */
  readonly config: string;
}

const usualReplicas = { user: 1, apikey: 1, model: 1, openai: 2, gateway: 2 };

export type ProcessKind = keyof typeof usualReplicas;

/** Every process, in an order in which what calls others comes after them. */
export function planProcesses(
  replicas: Partial<Record<ProcessKind, number>> = {},
): readonly PlannedProcess[] {
  return Object.entries({ ...usualReplicas, ...replicas }).flatMap(([process, count]) =>
    Array.from({ length: count }, (_, index) => ({
      name: count === 1 ? process : `${process}-${index + 1}`,
      process: process as ProcessKind,
      config: process === "gateway" ? "api/etc/gateway.yaml" : `rpc/${process}/etc/${process}.yaml`,
    })),
  );
}

/** The ones that own data, each in a database of its own. */
export const databaseOwners = ["user", "apikey", "model"];
