import { type RawBuilder, sql } from "kysely";

/**
 * A condition: the column (`name` or `table.name`) contains the text, which means only itself (no
 * wildcards), in any case. For lists of a size that a person pages through: no index helps it.
 */
export function containsText(column: string, text: string): RawBuilder<boolean> {
  const literal = text.replace(/[\\%_]/g, "\\$&");
  // Both sides by the engine: its idea of a lower case letter need not be JavaScript's.
  return sql<boolean>`lower(${sql.ref(column)}) like lower(${`%${literal}%`}) escape '\\'`;
}
