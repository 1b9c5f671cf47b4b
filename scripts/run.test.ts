import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, beforeEach, test } from "node:test";

const project = dirname(import.meta.dirname);
const folder = mkdtempSync(join(tmpdir(), "run-test-"));
const root = join(folder, "clone");
const unreachable = {
  npm_config_registry: "http://127.0.0.1:1",
  npm_config_cache: join(folder, "cache"),
  npm_config_fetch_retries: "0",
};

beforeEach(() => {
  rmSync(root, { recursive: true, force: true });
  for (const path of ["package.json", "package-lock.json", "scripts/run.mjs", "scripts/setup"]) {
    cpSync(join(project, path), join(root, path), { recursive: true });
  }
  symlinkSync(join(project, "node_modules"), join(root, "node_modules"));
  writeFileSync(
    join(root, "program.ts"),
    "console.log(JSON.stringify(process.argv.slice(2)) as string); process.exitCode = 7;",
  );
});

after(() => rmSync(folder, { recursive: true, force: true }));

test("with all in place the program gets its arguments, and nothing touches the network or the disk", () => {
  const { status, stdout, stderr } = run(["program.ts", "--port", "1", "a b"]);
  assert.deepEqual(
    { status, stdout, stderr },
    {
      status: 7,
      stdout: '["--port","1","a b"]\n',
      stderr: "",
    },
  );
  assert.ok(!existsSync(join(root, ".node")));
});

test("a tool of the project runs by its name", () => {
  assert.match(run(["--dev", "biome", "--version"]).stdout, /^Version: \d/);
});

test("missing or outdated dependencies are noticed, and with no network one sentence says so", () => {
  const lockfile = join(root, "package-lock.json");
  const changed = readFileSync(lockfile, "utf8").replace(/"integrity": "sha512-.{4}/, "$&AAAA");
  const missing = () => rmSync(join(root, "node_modules"), { recursive: true });
  const outdated = () => {
    missing();
    mkdirSync(join(root, "node_modules"));
    writeFileSync(join(root, "node_modules", ".package-lock.json"), changed);
  };
  for (const prepare of [outdated, missing]) {
    prepare();
    const { status, stdout, stderr } = run(["program.ts"]);
    assert.deepEqual({ status, stdout }, { status: 1, stdout: "" });
    const [first, second] = stderr.trimEnd().split("\n");
    assert.equal(first, "installing dependencies");
    assert.match(second ?? "", /^The dependencies could not be installed: .+$/);
  }
});

test("a Node that is too old is replaced, and with no network one sentence says why it is not", () => {
  const file = join(root, "package.json");
  writeFileSync(file, readFileSync(file, "utf8").replace(/"node": ">=.*"/, '"node": ">=999.0.0"'));
  const { status, stderr } = run(["program.ts"]);
  assert.equal(status, 1);
  const lines = stderr.trimEnd().split("\n");
  assert.match(lines[0] ?? "", /^installing Node 999\.0\.0 into \.node/);
  assert.match(lines[1] ?? "", /^Node 999\.0\.0 could not be installed: .+$/);
});

test("a clone that cannot be written says so in one sentence", () => {
  rmSync(join(root, "node_modules"), { recursive: true });
  writeFileSync(join(root, ".node"), "in the way");
  const { status, stderr } = run(["program.ts"]);
  assert.equal(status, 1);
  assert.match(stderr, /^Something has to be installed, but .*\.node is not writable: .+\n$/);
});

test("a program that runs in a child gets our signals, and we end as it ends", async () => {
  const module = JSON.stringify(join(project, "scripts/setup/run-to-end.mjs"));
  const program = `
    process.on("SIGTERM", () => process.exit(5));
    console.log("up"); setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, [
    "--input-type=module",
    "-e",
    `import { runToEnd } from ${module};
     process.exit(await runToEnd(process.execPath, ["-e", ${JSON.stringify(program)}]));`,
  ]);
  await once(parent.stdout, "data");
  parent.kill("SIGTERM");
  assert.deepEqual(await once(parent, "exit"), [5, null]);
});

test("of several processes only one sets up at a time, and a killed one holds nobody up", async () => {
  const module = JSON.stringify(join(project, "scripts/setup/lock.mjs"));
  const log = JSON.stringify(join(folder, "log"));
  const start = (work: string) =>
    spawn(
      process.execPath,
      [
        "--input-type=module",
        "-e",
        `import { withLock } from ${module};
         import { appendFileSync } from "node:fs";
         import { setTimeout } from "node:timers/promises";
         await withLock(${JSON.stringify(root)}, async () => { ${work} });`,
      ],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
  const killed = start('console.log("held"); await setTimeout(600_000);');
  await once(killed.stdout, "data");
  const others = Array.from({ length: 5 }, () =>
    start(`appendFileSync(${log}, "<"); await setTimeout(20); appendFileSync(${log}, ">");`),
  );
  const ended = others.map((other) => once(other, "exit"));
  killed.kill("SIGKILL");
  assert.deepEqual(await Promise.all(ended), Array(5).fill([0, null]));
  assert.equal(readFileSync(join(folder, "log"), "utf8"), "<>".repeat(5));
});

function run(parameters: string[]) {
  return spawnSync(process.execPath, [join(root, "scripts/run.mjs"), ...parameters], {
    encoding: "utf8",
    env: { ...process.env, ...unreachable },
  });
}
