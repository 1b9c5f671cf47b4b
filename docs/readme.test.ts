import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { after, suite, test } from "node:test";
import { Permissions } from "../api/types/permissions.ts";
import { parseConfig } from "../common/config.ts";
import { AllInOneConfig } from "../compose/all-in-one-config.ts";
import { providers } from "../rpc/openai/provider/registry.ts";
import { findProgram } from "../scripts/servers/find-or-install.ts";
import { curlProgram } from "../scripts/test/programs.ts";

const root = dirname(import.meta.dirname);
const read = (path: string) => readFileSync(join(root, path), "utf8");

const english = read("README.md");
const chinese = read("README.zh-CN.md");

suite("the two READMEs are equal", () => {
  const same = (what: string, pattern: RegExp) =>
    test(what, () => assert.deepEqual(all(chinese, pattern), all(english, pattern)));

  same("code blocks", /^```(\w*)\n([\s\S]*?)^```$/gm);
  same("sections, by level", /^#+ /gm);
  same("paragraphs and list items", /\n\n(?=\S)|^- (?=\S)/gm);

  test("names in code, in each section", () => {
    assert.deepEqual(chinese.split(/^## /m).map(codeSpans), english.split(/^## /m).map(codeSpans));
  });

  test("links, besides those to each other", () => {
    const targets = (page: string) => linksOf(page).filter((link) => !link.startsWith("README"));
    assert.deepEqual(targets(chinese), targets(english));
    assert.ok(linksOf(english).includes("README.zh-CN.md"));
    assert.ok(linksOf(chinese).includes("README.md"));
  });
});

suite("what the README names exists", () => {
  test("every file that a page of the project links to", () => {
    for (const page of globSync(["*.md", "docs/*.md", "deploy/*.md"], { cwd: root })) {
      const files = linksOf(read(page)).filter((link) => !/^(https?:|#)/.test(link));
      const broken = files.filter(
        (link) => !existsSync(join(root, dirname(page), link.replace(/#.*/, ""))),
      );
      assert.deepEqual(broken, [], page);
    }
  });

  test("every npm script", () => {
    const { scripts } = JSON.parse(read("package.json"));
    const pages = english + read("CONTRIBUTING.md");
    const named = all(pages, /\bnpm (?:run (\w+)|(start|test))\b/g).flatMap(([, a, b]) => a ?? b);
    assert.ok(named.length > 10);
    assert.deepEqual(
      named.filter((name) => !Object.hasOwn(scripts, String(name))),
      [],
    );
  });

  test("the options, with their variables and defaults, exactly as --help lists them", () => {
    const row = /^\| `(--\S+(?: [A-Z]+)?)`(?:, `(--\S+)`)? \|(?: `(\w+)`)? \|(?: `(.+)`)?.* \|$/gm;
    const table = all(english, row).flatMap(([, option, other, variable, fallback]) => [
      [option, variable, fallback],
      ...(other ? [[other, undefined, undefined]] : []),
    ]);
    const line = /^ {2}(--\S+(?: [A-Z]+)?) +(APIROUTER_\w+)? .*?(?:\((.+)\).*)?$/gm;
    const listed = all(help(), line).map(([, option, variable, fallback]) => [
      option,
      variable,
      fallback,
    ]);
    const byOption = (one: unknown[], other: unknown[]) =>
      String(one[0]).localeCompare(String(other[0]));
    assert.deepEqual(table.sort(byOption), listed.sort(byOption));
  });

  test("every environment variable is read, and every one that is read is described", () => {
    const variable = /\b(?:APIROUTER|OPENAI)_[A-Z_]+\b/g;
    const namesIn = (...pages: string[]) => new Set(all(pages.join("\n"), variable).flat());
    const sources = globSync("compose/**/*.ts", { cwd: root }).filter((path) => !isTest(path));
    const files = globSync(["api/etc/*.yaml", "rpc/*/etc/*.yaml"], { cwd: root });
    const atStart = namesIn(help(), ...sources.map(read));
    const inFiles = namesIn(...files.map(read));
    const deployment = namesIn(...["README.md", ".env.example"].map(inDeploy));
    const ofCompose = namesIn(inDeploy("compose.yaml"));
    assert.deepEqual([...namesIn(english)].sort(), [...atStart].sort());
    assert.deepEqual([...inFiles.difference(deployment.union(atStart))], []);
    assert.deepEqual([...deployment.difference(inFiles.union(atStart).union(ofCompose))], []);
  });

  test("the providers", () => {
    const [line = ""] = /^Providers: .*/m.exec(english) ?? [];
    const named = all(line, /`([^`]+)`/g).map(([, name]) => name);
    const real = [...providers.keys()].filter((name) => name !== "demo");
    assert.deepEqual(named.sort(), real.sort());
  });

  test("every route of the management API", () => {
    const routes = all(english, /`(?:POST )?(\/api\/v1\/[a-z/]+)`/g).map(([, path]) => path);
    assert.ok(routes.length >= 3);
    const source = globSync("api/handler/*.ts", { cwd: root }).map(read).join("\n");
    for (const path of routes) assert.ok(source.includes(`"${path}"`), path);
  });
});

suite("the README's examples are valid", () => {
  test("the configuration file", () => {
    const [yaml = ""] = blocks(english, "yaml");
    const environment = { DEEPSEEK_API_KEY: "sk-test" };
    const options = { file: "apirouter.yaml", schema: AllInOneConfig, environment };
    assert.equal(parseConfig(yaml, options).model.channels.length, 2);
  });

  test("the permissions", () => {
    const [json = ""] = blocks(english, "json");
    assert.deepEqual(Permissions.parse(JSON.parse(json)), JSON.parse(json));
  });
});

const folder = mkdtempSync(join(tmpdir(), "apirouter-readme-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const withoutCurl = findProgram(curlProgram) ? false : "curl was not found";

test("the way from the start to the 401 works as the README has it", {
  skip: withoutCurl,
}, async (t) => {
  const [, command = ""] = /^(npm start .*)$/m.exec(english) ?? [];
  const router = spawn("sh", ["-c", `exec ${command}`], {
    cwd: root,
    env: { ...process.env, APIROUTER_PORT: "0", APIROUTER_DATA: join(folder, "data") },
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.after(() => router.kill("SIGKILL"));
  const log = text(router.stderr);
  const ended = new Promise((resolve) => router.once("exit", (...how) => resolve(how)));
  const url = await readyUrl(router.stdout);

  const outputs = walk(firstSteps().replaceAll("http://127.0.0.1:8888", url));
  const [registered = "", , , streamed = "", , byClient = "", cut = ""] = outputs;
  assert.equal(JSON.parse(registered).data.user.role, "owner");
  assert.match(streamed, /^data: \{.*"delta":\{"role":"assistant"/);
  assert.match(streamed, /\n\ndata: \[DONE\]\n\n$/);
  assert.match(byClient, /^You said: "Hello!"/);
  assert.match(cut, /"status":"disabled"/);
  assert.match(cut, /HTTP\/1\.1 401 Unauthorized/);
  assert.match(cut, /"code":"api_key_disabled"\}\}$/);

  router.kill("SIGINT");
  assert.deepEqual(await ended, [0, null], await log);
});

/** The commands of a section in a single script, as somebody types them into one terminal. */
function firstSteps(): string {
  const [, section = ""] = /^## First steps\n([\s\S]*?)^## /m.exec(english) ?? [];
  const steps = all(section, /^```(sh|js)\n([\s\S]*?)^```$|`(KEY=[^`]*)`/gm);
  const run = steps.find(([, , , inline]) => inline)?.[3] ?? "";
  return steps
    .filter(([, language]) => language)
    .map(([, language, code = ""]) =>
      language === "js" ? `cat > chat.mjs <<'end'\n${code}end\necho '${mark}'\n${run}` : code,
    )
    .join(`\necho '${mark}'\n`);
}

const mark = "---- next step ----";

/** Runs the script where `npm install openai` has been done; what each step printed. */
function walk(script: string): string[] {
  const cwd = join(folder, "newcomer");
  mkdirSync(join(cwd, "node_modules"), { recursive: true });
  symlinkSync(join(root, "node_modules/openai"), join(cwd, "node_modules/openai"));
  writeFileSync(join(cwd, "script.sh"), script);
  const { status, stdout, stderr } = spawnSync("sh", ["-e", "script.sh"], {
    cwd,
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  return stdout.split(`${mark}\n`);
}

async function readyUrl(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: output })) {
    const [, url] = /^ready (http:\S+)$/.exec(line) ?? [];
    if (url) return url;
  }
  return assert.fail("it ended without being ready");
}

function help(): string {
  return spawnSync(process.execPath, [join(root, "apirouter.ts"), "--help"], { encoding: "utf8" })
    .stdout;
}

const all = (page: string, pattern: RegExp) =>
  [...page.matchAll(pattern)].map((match) => [...match]);

const linksOf = (page: string) => all(page, /\]\(([^)\s]+)\)/g).map(([, target = ""]) => target);

const blocks = (page: string, language: string) =>
  all(page, new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm")).map(([, code]) => code);

/** In another language their order may differ. */
const codeSpans = (page: string) =>
  all(page.replace(/^```[\s\S]*?^```$/gm, ""), /`[^`\n]+`/g)
    .flat()
    .sort();

const inDeploy = (file: string) => read(join("deploy", file));

const isTest = (path: string) => path.endsWith(".test.ts");
