import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openDataFolder } from "../../compose/data-folder.ts";
import { startCluster } from "./start-cluster.ts";

test("a data folder in use is refused at once, before any server is started on it", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "apirouter-cluster-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const other = openDataFolder(folder);
  t.after(other.release);
  await assert.rejects(startCluster({ data: folder }), {
    message: `the data folder ${folder} is in use by another API Router`,
  });
});
