import { type RawBuilder, sql } from "kysely";

/**
 * A condition: the column (`name` or `table.name`) contains the text, which means only itself (no
 * wildcards), in any case. For lists of a size that a person pages through: no index helps it.
 */
export function containsText(column: string, text: string): RawBuilder<boolean> {
  const literal = text.toLowerCase().replace(/[\\%_]/g, "\\$&");
  return sql<boolean>`lower(${sql.ref(column)}) like ${`%${literal}%`} escape '\\'`;
}
