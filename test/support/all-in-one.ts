import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { z } from "zod";
import { createLog } from "../../common/log.ts";
import { type AllInOne, startAllInOne } from "../../compose/all-in-one.ts";
import { AllInOneConfig } from "../../compose/all-in-one-config.ts";

/** A whole API Router in this process, on a free port, over a data folder of its own. */
export async function startTestRouter(
  overrides: z.input<typeof AllInOneConfig> = {},
): Promise<AllInOne> {
  const data = await mkdtemp(join(tmpdir(), "apirouter-test-"));
  const config = AllInOneConfig.parse({ data, port: 0, log: { level: "silent" }, ...overrides });
  const router = await startAllInOne(config, createLog(config.log, "test"));
  const stop = async () => {
    await router.stop();
    await rm(data, { recursive: true, force: true });
  };
  return { ...router, stop };
}
