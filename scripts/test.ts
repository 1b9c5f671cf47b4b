/**
 * `npm test [-- pattern ...]`: every check and every test, with servers of its own. A pattern is a
 * part of a test file's path; with one, only those files run.
 */
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { installMissing } from "./servers/find-or-install.ts";
import { startServers, temporaryFolder } from "./servers/server-set.ts";
import { startWatchdog } from "./servers/watchdog.ts";
import { checks } from "./test/checks.ts";
import { runJobs } from "./test/pool.ts";
import { testPrograms } from "./test/programs.ts";
import { createReport } from "./test/report.ts";
import { reportServers, serverEnvironment } from "./test/server-report.ts";
import { runTestFile } from "./test/test-file.ts";
import { findTestFiles, needsTheMachine } from "./test/test-files.ts";

const parallelJobs = 2;

const patterns = process.argv.slice(2);
const files = findTestFiles(patterns);
const report = createReport();
const watchdog = startWatchdog();
// The watchdog stops the servers and what the tests left behind once this process is gone.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    console.log(`\nstopped by ${signal}`);
    process.exit(1);
  });
}

const folder = temporaryFolder(watchdog);
installMissing(testPrograms);
const servers = await startServers({ folder, watchdog, durable: false });
reportServers(servers, report);

const temporary = join(folder, "tmp");
mkdirSync(temporary);
const env = {
  ...process.env,
  ...serverEnvironment(servers),
  TMPDIR: temporary,
  // Spares each file the time to compile what the others have compiled already.
  NODE_COMPILE_CACHE: resolve("node_modules/.cache/node"),
};
const wanted = patterns.length === 0 ? checks : [];
const testJob = (file: string) => async () =>
  report.file(await runTestFile({ file, env, watchdog }));
await runJobs(1, files.filter(needsTheMachine).map(testJob));
await runJobs(parallelJobs, [
  ...wanted.map((check) => async () => report.file(await check(env))),
  ...files.filter((file) => !needsTheMachine(file)).map(testJob),
]);

await servers.stop();
if (patterns.length > 0 && files.length === 0) console.log(`no test file matches ${patterns}`);
process.exitCode = report.finish() ? 0 : 1;
