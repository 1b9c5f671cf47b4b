import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";

const project = dirname(import.meta.dirname);
const copied = [
  ...[
    "api",
    "common",
    "compose",
    "docs",
    "rpc",
    "gen",
    "scripts",
    "buf.yaml",
    "buf.gen.yaml",
    "biome.json",
  ],
  ...["package.json", "tsconfig.json", ".gitignore"],
];

let root = "";

before(() => {
  root = mkdtempSync(join(tmpdir(), "gen-test-"));
  for (const path of copied) cpSync(join(project, path), join(root, path), { recursive: true });
  symlinkSync(join(project, "node_modules"), join(root, "node_modules"));
  const typed = { extends: "./tsconfig.json", include: ["rpc/user/methods.ts"] };
  writeFileSync(join(root, "tsconfig.user.json"), JSON.stringify(typed));
});

after(() => rmSync(root, { recursive: true, force: true }));

test("on an unchanged project nothing is written and the check passes", () => {
  const file = join(root, "gen/rpc/user/user_pb.ts");
  const { mtimeMs } = statSync(file);
  const { status, stdout } = gen();
  assert.deepEqual({ status, stdout }, { status: 0, stdout: "" });
  assert.equal(statSync(file).mtimeMs, mtimeMs);
  assert.equal(gen("--check").status, 0);
});

test("a new method gets a typed skeleton and a binding, and nothing else changes", () => {
  addMethod("rpc/user/user.proto", "rpc CountSheep(GetUserRequest) returns (User);");
  const check = gen("--check");
  assert.equal(check.status, 1);
  assert.match(check.stderr, /rpc\/user\/logic\/count-sheep\.ts/);

  assert.deepEqual(gen().stdout.trim().split("\n"), [
    "gen/rpc/user/user_pb.ts",
    "rpc/user/methods.ts",
    "rpc/user/logic/count-sheep.ts",
  ]);
  assert.match(read("rpc/user/methods.ts"), /countSheep: \(request, call\) => countSheep\(context/);
  assert.match(
    read("rpc/user/logic/count-sheep.ts"),
    /Promise<MessageInitShape<typeof UserSchema>>/,
  );
  const written = ["rpc/user/methods.ts", "rpc/user/logic/count-sheep.ts"];
  assert.equal(run("biome", "check", "--vcs-enabled=false", ...written).status, 0);
  assert.equal(run("tsc", "--project", "tsconfig.user.json").stdout, "");
});

test("a logic file that exists is never written, whatever is in it", () => {
  writeFileSync(join(root, "rpc/user/logic/count-sheep.ts"), "// mine\n");
  assert.equal(gen().stdout, "");
  assert.equal(read("rpc/user/logic/count-sheep.ts"), "// mine\n");
});

test("generated files that were edited, or that no proto gives any more, are put right", () => {
  writeFileSync(join(root, "rpc/user/methods.ts"), "edited");
  writeFileSync(join(root, "gen/rpc/user/gone_pb.ts"), "stale");
  assert.equal(gen().stdout, "gen/rpc/user/gone_pb.ts\nrpc/user/methods.ts\n");
  assert.equal(gen("--check").status, 0);
});

test("the page of configuration keys follows the schemas", () => {
  const page = read("docs/configuration.md");
  writeFileSync(join(root, "docs/configuration.md"), "edited");
  const check = gen("--check");
  assert.equal(check.status, 1);
  assert.match(check.stderr, /docs\/configuration\.md/);
  assert.equal(gen().stdout, "docs/configuration.md\n");
  assert.equal(read("docs/configuration.md"), page);
});

test("a proto that breaks the rules is reported and changes nothing", () => {
  const before = read("rpc/user/methods.ts");
  addMethod("rpc/user/user.proto", "rpc lower_case(GetUserRequest) returns (User);");
  const { status, stderr } = gen();
  assert.equal(status, 1);
  assert.match(stderr, /buf lint failed:\n.*rpc\/user\/user\.proto/);
  assert.equal(read("rpc/user/methods.ts"), before);
});

function gen(...parameters: string[]) {
  const script = join(root, "scripts/gen.ts");
  return spawnSync(process.execPath, [script, ...parameters], { encoding: "utf8" });
}

function run(tool: string, ...parameters: string[]) {
  const path = join(root, "node_modules/.bin", tool);
  return spawnSync(path, parameters, { cwd: root, encoding: "utf8" });
}

function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

function addMethod(path: string, method: string): void {
  const text = read(path);
  writeFileSync(join(root, path), text.replace(/(service \w+ \{)/, `$1\n  ${method}`));
}
