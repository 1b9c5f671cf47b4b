import assert from "node:assert/strict";
import { globSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, suite, test } from "node:test";
import { exchangeBytes } from "../support/edge.ts";
import { answerJson, answerStream } from "../support/upstream.ts";
import { echoes } from "./echoes.ts";
import { type Scene, startScene } from "./scene.ts";

const auth = "/api/v1/auth";
const chats = "/v1/chat/completions";

suite("secrets stay where they belong, in a real process that logs everything", {
  timeout: 120_000,
}, () => {
  let scene: Scene;
  let owner = { token: "", refresh: "" };
  let key = "";

  before(async () => {
    scene = await startScene();
    await signUp();
  });
  after(() => scene?.stop());

  const plant = (name: string) => scene.canaries.plant(name);

  async function signUp() {
    const password = plant("a password");
    const account = { username: "owner", email: "owner@example.com", password };
    const tokens = await scene.data("POST", `${auth}/register`, { body: account });
    owner = keepTokens("the first session", tokens);
    const issued = await scene.data("POST", "/api/v1/apikeys", {
      token: owner.token,
      body: { name: "a key" },
    });
    key = issued["key"] ?? "";
    scene.canaries.add("an API key", key);
  }

  function keepTokens(name: string, tokens: Record<string, string>) {
    const { access_token: token = "", refresh_token: refresh = "" } = tokens;
    scene.canaries.add(`the access token of ${name}`, token);
    scene.canaries.add(`the refresh token of ${name}`, refresh);
    return { token, refresh };
  }

  const chat = (model: string, body: object = {}, token = key) =>
    scene.ask("POST", chats, {
      token,
      body: { model, messages: [{ role: "user", content: plant("a prompt") }], ...body },
    });

  test("when people sign in, fail to, and change what they sign in with", async () => {
    const { ask, data, canaries } = scene;
    const login = (body: object) => ask("POST", `${auth}/login`, { body });
    const renewed = await data("POST", `${auth}/refresh`, {
      body: { refresh_token: owner.refresh },
    });
    const used = owner;
    owner = keepTokens("the renewed session", renewed);
    await ask("POST", `${auth}/refresh`, {
      body: { refresh_token: plant("a made-up refresh token") },
    });
    await ask("GET", "/api/v1/users/me", { token: plant("a made-up access token") });
    await ask("GET", "/api/v1/users/me", { token: `${used.token}x` });
    const changed = {
      current_password: canaries.value("a password"),
      new_password: plant("a new password"),
    };
    await ask("POST", "/api/v1/users/me/password", {
      token: owner.token,
      body: { ...changed, current_password: plant("a wrong current password") },
    });
    await data("POST", "/api/v1/users/me/password", { token: owner.token, body: changed });
    const again = { login: "owner", password: canaries.value("a new password") };
    owner = keepTokens("the last session", await data("POST", `${auth}/login`, { body: again }));
    for (let attempt = 0; attempt < 12; attempt += 1) {
      await login({ login: "owner", password: plant(`wrong password ${attempt}`) });
    }
    await login({ login: plant("a password typed as the name"), password: "x" });
    await login({ username: "owner", password: { deep: plant("a password of a wrong type") } });
    await login({ username: "owner", passwort: plant("a password under a wrong name") });
    await ask("POST", `${auth}/login`, { body: `{"password":"${plant("a password in no JSON")}` });
  });

  test("when somebody is invited", async () => {
    const invite = await scene.data("POST", "/api/v1/invites", { token: owner.token, body: {} });
    scene.canaries.add("an invite code", invite["code"] ?? "");
    const account = {
      username: "guest",
      email: "guest@example.com",
      password: plant("a guest's password"),
    };
    const register = (invite_code: string) =>
      scene.ask("POST", `${auth}/register`, { body: { ...account, invite_code } });
    await register(plant("a made-up invite code"));
    assert.equal((await register(scene.canaries.value("an invite code"))).status, 201);
    await register(scene.canaries.value("an invite code"));
  });

  test("when keys are wrong, rotated, disabled and deleted", async () => {
    const { data, ask } = scene;
    scene.upstream.play(answerJson(200, { ok: true }));
    const { token } = owner;
    const made = await data("POST", "/api/v1/apikeys", { token, body: { name: "another" } });
    scene.canaries.add("a rotated API key", made["key"] ?? "");
    const path = `/api/v1/apikeys/${made["id"]}`;
    const rotated = await data("POST", `${path}/rotate`, { token, body: {} });
    scene.canaries.add("its successor", rotated["key"] ?? "");
    await chat("from-file", {}, made["key"]);
    await data("POST", `${path}/disable`, { token });
    await chat("from-file", {}, rotated["key"]);
    await data("DELETE", path, { token });
    await chat("from-file", {}, rotated["key"]);
    await chat("from-file", {}, plant("no key at all"));
    await chat("from-file", {}, `sk-ar-${plant("a key like ours")}`);
    for (const header of ["x-api-key", "api-key", "x-goog-api-key"]) {
      await ask("GET", "/v1/models", { headers: { [header]: plant(`a key in ${header}`) } });
    }
  });

  test("when chats succeed, and when they fail in every way", async () => {
    for (const model of ["from-file", "from-environment", "down", "nobody-serves-this"]) {
      for (const script of echoes) {
        scene.upstream.play(script);
        for (const stream of [false, true]) {
          await chat(model, { stream, tools: [{ secret: plant("a tool") }] }).catch(() => {});
        }
      }
    }
    const messages = plant("a prompt in no JSON");
    await scene.ask("POST", chats, {
      token: key,
      body: `{"model":"from-file","messages":"${messages}`,
    });
    await scene.ask("POST", chats, {
      token: key,
      body: { messages: [plant("a prompt to no model")] },
    });
    await chat("from-file", { stream: plant("a stream of a wrong type") });
  });

  test("what an upstream answers is for the caller, and not for the log", async () => {
    const text = plant("an answer");
    const handsOut = ["an answer"];
    const events = [
      `data: {"choices":[{"delta":{"content":"${text}"},"finish_reason":"stop"}]}\n\n`,
    ];
    const scripts = [
      answerJson(200, { choices: [{ message: { content: text } }] }),
      answerJson(400, { error: { message: text } }),
      answerJson(200, `{"choices":${text}`),
      answerStream([...events, "data: [DONE]\n\n"]),
      answerStream(events),
      answerStream([`data: {"error":{"message":"${text}"}}\n\n`]),
    ];
    for (const script of scripts) {
      scene.upstream.play(script);
      for (const stream of [false, true]) {
        const body = { model: "from-file", messages: [], stream };
        await scene.ask("POST", chats, { token: key, body, handsOut }).catch(() => {});
      }
    }
  });

  test("when channels are made, changed, tested and discovered", async () => {
    const { token } = owner;
    scene.upstream.play((answer, entry) =>
      answerJson(401, { error: { message: `not ${entry.headers["authorization"]}` } })(
        answer,
        entry,
      ),
    );
    const channel = {
      ...{ name: "made", provider: "openai", allow_private_network: true },
      base_url: scene.upstream.baseUrl,
      credential: plant("a credential given to a channel"),
    };
    const made = await scene.data("POST", "/api/v1/channels", { token, body: channel });
    const path = `/api/v1/channels/${made["id"]}`;
    await scene.data("POST", `${path}/test`, { token });
    await scene.data("PATCH", path, { token, body: { credential: plant("its next credential") } });
    await scene.data("POST", `${path}/test`, { token });
    await scene.data("GET", path, { token });
    const wrong = { ...channel, base_url: `http://u:${plant("a password in an address")}@x/` };
    await scene.ask("POST", "/api/v1/channels", { token, body: wrong });
    await scene.ask("PATCH", path, {
      token,
      body: { credential: { a: plant("a credential of a wrong type") } },
    });
  });

  test("when they stand where no secret belongs", async () => {
    const secret = (where: string) => plant(`a secret in ${where}`);
    for (const path of ["/v1/models", "/api/v1/users/me", "/nothing", "/healthz", "/docs"]) {
      await scene.ask("GET", `${path}?api_key=${secret(`the query of ${path}`)}`);
      const basic = { authorization: `Basic ${secret(`the basic authorization of ${path}`)}` };
      await scene.ask("GET", path, { headers: basic });
    }
    await scene.ask("GET", `/${secret("a path")}`);
    await scene.ask("GET", `/api/v1/apikeys/${secret("an id")}`, { token: owner.token });
    await scene.ask("GET", `/api/v1/${secret("a path of the API")}`, { token: owner.token });
    const headers = Object.fromEntries(
      ["cookie", "x-custom", "referer", "user-agent", "proxy-authorization", "x-request-id"].map(
        (name) => [name, `a/${secret(name)} b`],
      ),
    );
    await scene.ask("GET", "/v1/models", { token: key, headers });
    await scene.ask("GET", "/api/v1/users/me", { token: owner.token, headers });
    for (const bytes of [
      `GET /${secret("a broken request line")} HTTP/9\r\n\r\n`,
      `GET / HTTP/1.1\r\nHost: a\r\n${secret("a broken header")}\r\n\r\n`,
      `POST ${chats} HTTP/1.1\r\nHost: a\r\nContent-Length: x${secret("a length")}\r\n\r\n`,
      `GET / HTTP/1.1\r\nHost: a\r\nX: ${secret("too long a header").repeat(2_000)}\r\n\r\n`,
    ]) {
      const answer = await exchangeBytes(scene.url, bytes);
      assert.deepEqual(scene.canaries.foundIn(Buffer.from(answer)), []);
    }
  });

  test("when the program itself fails", async () => {
    const database = new DatabaseSync(join(scene.dataFolder, "user.db"));
    database.exec("alter table user_account rename to gone");
    const login = {
      login: plant("a name while it fails"),
      password: plant("a password while it fails"),
    };
    const { status } = await scene.ask("POST", `${auth}/login`, { body: login });
    await scene.ask("POST", `${auth}/refresh`, { body: { refresh_token: owner.refresh } });
    database.exec("alter table gone rename to user_account");
    database.close();
    assert.equal(status, 500);
    const keys = new DatabaseSync(join(scene.dataFolder, "apikey.db"));
    keys.exec("alter table api_key_secrets rename to gone");
    await scene.ask("POST", "/api/v1/apikeys", { token: owner.token, body: { name: "fails" } });
    await chat("from-file", {}, key.replace(/.$/, "x"));
    keys.exec("alter table gone rename to api_key_secrets");
    keys.close();
  });

  test("no answer had a secret that it was not there to hand out", () => {
    assert.deepEqual(scene.failures, []);
  });

  test("no log line has any, and each is one JSON object", async () => {
    const { secrets } = secretsOf(scene);
    for (const [name, bytes] of Object.entries(secrets)) scene.canaries.addBytes(name, bytes);
    const lines = scene.log().toString().split("\n");
    assert.ok(lines.length > 100, `only ${lines.length} lines were logged`);
    for (const line of lines) {
      assert.deepEqual(scene.canaries.foundIn(Buffer.from(line)), [], line);
      if (line.startsWith("{")) JSON.parse(line);
      else assert.match(line, /^(?:ready http\S+)?$/);
    }
  });

  for (const moment of ["while the program runs", "when it has ended"]) {
    test(`no file of the data folder has any ${moment}, but for its own secrets`, async () => {
      if (moment === "when it has ended") await scene.stop();
      const { path, secrets } = secretsOf(scene);
      assert.equal(statSync(path).mode & 0o777, 0o600);
      const names = Object.keys(secrets);
      const files = globSync("**/*", { cwd: scene.dataFolder }).map((name) =>
        join(scene.dataFolder, name),
      );
      assert.ok(files.length >= 5, files.join());
      for (const file of files) {
        const own = file === path ? names : [];
        const found = scene.canaries.foundIn(readFileSync(file), (name) => own.includes(name));
        assert.deepEqual(found, [], file);
        assert.equal(statSync(file).mode & 0o077, 0, `${file} can be read by others`);
      }
    });
  }
});

function secretsOf({ dataFolder }: Scene) {
  const path = join(dataFolder, "secrets.json");
  const stored: Record<string, string> = JSON.parse(readFileSync(path, "utf8"));
  const bytes = Object.entries(stored).map(([name, text]) => [name, Buffer.from(text, "base64")]);
  return { path, secrets: Object.fromEntries(bytes) as Record<string, Buffer> };
}
