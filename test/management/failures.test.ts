import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { type Gateway, startGateway } from "../../api/app.ts";
import { GatewayConfig } from "../../api/config.ts";
import { createGatewayContext, type GatewayContext } from "../../api/context.ts";
import { AppError } from "../../common/errors.ts";
import { type LogLine, recordLog } from "../support/edge.ts";
import { failed, useManagement } from "../support/management.ts";

const password = "a-password-that-no-log-may-have";

suite("when a service behind the management API fails", () => {
  const management = useManagement();
  const { log, lines, next } = recordLog();
  let failure: unknown;
  let context: GatewayContext;
  let gateway: Gateway;

  before(async () => {
    const { services } = management().router;
    const user = {
      ...services.user,
      login: async () => {
        throw failure;
      },
    };
    context = await createGatewayContext({
      config: GatewayConfig.parse({ drainAcceptMs: 0, drainStreamsMs: 0 }),
      parts: { log, now: Date.now, secrets: { apiKeyPepper: new Uint8Array(32) } },
      services: { ...services, user },
    });
    gateway = await startGateway(context, { host: "127.0.0.1", port: 0 });
  });
  after(async () => {
    await gateway.stop();
    await context.close();
  });

  const login = async (requestId: string) => {
    const response = await fetch(new URL("/api/v1/auth/login", gateway.url), {
      method: "POST",
      headers: { "content-type": "application/json", "x-request-id": requestId },
      body: JSON.stringify({ login: "ada", password }),
    });
    const { status, headers } = response;
    return { status, headers, json: await response.json() };
  };
  const linesOf = (requestId: string): LogLine[] =>
    lines.filter((line) => line["requestId"] === requestId);
  const accessLine = (requestId: string) =>
    next((line) => line["requestId"] === requestId && line["msg"] === "request");

  for (const [name, thrown] of [
    ["an error", new Error("SELECT broke at 10.0.0.7")],
    ["a text", "SELECT broke at 10.0.0.7"],
    ["nothing", undefined],
  ] as const) {
    test(`it may throw ${name}: a 500 without the cause, and one line with it`, async () => {
      failure = thrown;
      const requestId = `throws-${name.replaceAll(" ", "-")}`;
      const answer = await login(requestId);
      assert.equal(failed(answer, "internal").request_id, requestId);
      assert.doesNotMatch(JSON.stringify(answer.json), /SELECT|node:internal|\.ts:/);
      await accessLine(requestId);
      assert.equal(linesOf(requestId).filter(({ level }) => Number(level) >= 50).length, 1);
    });
  }

  test("its own errors keep their code, and say when to try again", async () => {
    failure = new AppError("service.overloaded", "Too much to do.", { retryAfterSeconds: 7 });
    const answer = await login("overloaded");
    assert.equal(failed(answer, "service.overloaded").message, "Too much to do.");
    assert.equal(answer.headers.get("retry-after"), "7");
  });

  test("the access log has the route's pattern and the error's code, and no secret", async () => {
    failure = new AppError("auth.invalid_credentials", "Wrong.");
    await login("wrong-password");
    const { route, errorCode, status } = await accessLine("wrong-password");
    assert.deepEqual(
      [route, errorCode, status],
      ["/api/v1/auth/login", "auth.invalid_credentials", 401],
    );
    assert.ok(!JSON.stringify(lines).includes(password));
  });

  test("what a client did wrong is not logged as an error", async () => {
    failure = new AppError("auth.invalid_credentials", "Wrong.");
    await login("not-our-fault");
    await accessLine("not-our-fault");
    assert.equal(linesOf("not-our-fault").length, 1);
  });
});
