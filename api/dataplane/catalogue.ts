import type { Catalogue, CatalogueEntry } from "../../gen/rpc/model/model_pb.ts";

/** The models that callers may ask for, as last heard from the model service. */
export class CatalogueSnapshot {
  #entries: readonly CatalogueEntry[] = [];
  #byId: ReadonlyMap<string, CatalogueEntry> = new Map();
  #loaded = false;

  get loaded(): boolean {
    return this.#loaded;
  }

  get entries(): readonly CatalogueEntry[] {
    return this.#entries;
  }

  find(id: string): CatalogueEntry | undefined {
    return this.#byId.get(id);
  }

  replace({ entries }: Catalogue): void {
    this.#entries = entries;
    this.#byId = new Map(entries.map((entry) => [entry.id, entry]));
    this.#loaded = true;
  }
}
