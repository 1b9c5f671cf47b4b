import type { Kysely, Selectable, Updateable } from "kysely";
import type { Slice } from "../../../common/access/page.ts";
import { containsText } from "../../../common/db/contains-text.ts";
import { isUniqueViolation } from "../../../common/db/unique-violation.ts";
import type { ModelRecord, SomeModelFields } from "../records.ts";
import type { ModelRow, ModelTables } from "./schema.ts";

/** The catalogue's rows, whoever declared them. */
export interface ModelStore {
  all(): Promise<ModelRecord[]>;
  find(id: string): Promise<ModelRecord | undefined>;
  /** In the order of their ids; `search` is looked for in id, display name and owner. */
  list(search: string, slice: Slice): Promise<{ models: ModelRecord[]; total: number }>;
  count(): Promise<number>;
  /** False when the id is taken. */
  insert(model: ModelRecord): Promise<boolean>;
  /** Changes the given fields of an entry made through the API; false when there is none. */
  update(id: string, fields: SomeModelFields, updatedAtMs: number): Promise<boolean>;
  /** Removes an entry made through the API; false when there is none. */
  remove(id: string): Promise<boolean>;
  /** Makes the entry as it is given, whether or not there is one with its id. */
  put(model: ModelRecord): Promise<void>;
  /** Removes an entry that the configuration declared. */
  removeDeclared(id: string): Promise<void>;
}

export function createModelStore(sql: Kysely<ModelTables>): ModelStore {
  const ofApi = (id: string) => ({ id, source: "api" }) as const;
  return {
    async all() {
      const rows = await sql.selectFrom("models").selectAll().orderBy("id").execute();
      return rows.map(toRecord);
    },
    async find(id) {
      const row = await sql
        .selectFrom("models")
        .selectAll()
        .where("id", "=", id)
        .executeTakeFirst();
      return row && toRecord(row);
    },
    async list(search, { offset, limit }) {
      const columns = ["id", "display_name", "owner"];
      const found = sql
        .selectFrom("models")
        .where(({ or }) => or(columns.map((column) => containsText(column, search))));
      const [rows, total] = await Promise.all([
        found.selectAll().orderBy("id").limit(limit).offset(offset).execute(),
        found.select(({ fn }) => fn.countAll<number>().as("total")).executeTakeFirstOrThrow(),
      ]);
      return { models: rows.map(toRecord), ...total };
    },
    async count() {
      const { total } = await sql
        .selectFrom("models")
        .select(({ fn }) => fn.countAll<number>().as("total"))
        .executeTakeFirstOrThrow();
      return total;
    },
    async insert(model) {
      try {
        await sql.insertInto("models").values(toRow(model)).execute();
        return true;
      } catch (error) {
        if (isUniqueViolation(error)) return false;
        throw error;
      }
    },
    async update(id, fields, updatedAtMs) {
      const { numUpdatedRows } = await sql
        .updateTable("models")
        .set({ ...toColumns(fields), updated_at_ms: updatedAtMs })
        .where(({ and }) => and(ofApi(id)))
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    },
    async remove(id) {
      const { numDeletedRows } = await sql
        .deleteFrom("models")
        .where(({ and }) => and(ofApi(id)))
        .executeTakeFirstOrThrow();
      return numDeletedRows > 0n;
    },
    async put(model) {
      const row = toRow(model);
      await sql
        .insertInto("models")
        .values(row)
        .onConflict((conflict) => conflict.column("id").doUpdateSet(row))
        .execute();
    },
    async removeDeclared(id) {
      await sql.deleteFrom("models").where("id", "=", id).where("source", "=", "config").execute();
    },
  };
}

const toRecord = (row: Selectable<ModelRow>): ModelRecord => ({
  id: row.id,
  displayName: row.display_name,
  owner: row.owner,
  contextTokensMax: row.context_tokens_max,
  outputTokensMax: row.output_tokens_max,
  inputModalities: JSON.parse(row.input_modalities),
  outputModalities: JSON.parse(row.output_modalities),
  capabilities: JSON.parse(row.capabilities),
  prices: JSON.parse(row.prices),
  source: row.source,
  createdAtMs: row.created_at_ms,
  updatedAtMs: row.updated_at_ms,
});

const toRow = (model: ModelRecord): ModelRow => ({
  id: model.id,
  display_name: model.displayName,
  owner: model.owner,
  context_tokens_max: model.contextTokensMax,
  output_tokens_max: model.outputTokensMax,
  input_modalities: JSON.stringify(model.inputModalities),
  output_modalities: JSON.stringify(model.outputModalities),
  capabilities: JSON.stringify(model.capabilities),
  prices: JSON.stringify(model.prices),
  source: model.source,
  created_at_ms: model.createdAtMs,
  updated_at_ms: model.updatedAtMs,
});

/** Only the columns of the fields that are given: Kysely leaves an undefined one out. */
const toColumns = (fields: SomeModelFields): Updateable<ModelRow> => ({
  display_name: fields.displayName,
  owner: fields.owner,
  context_tokens_max: fields.contextTokensMax,
  output_tokens_max: fields.outputTokensMax,
  input_modalities: json(fields.inputModalities),
  output_modalities: json(fields.outputModalities),
  capabilities: json(fields.capabilities),
  prices: json(fields.prices),
});

const json = (value: unknown) => (value === undefined ? undefined : JSON.stringify(value));
