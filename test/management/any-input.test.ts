import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { resources } from "../../api/handler/resources.ts";
import { documentedPath, type Route } from "../../api/handler/route.ts";
import { failed, useManagement } from "../support/management.ts";

const runs = { numRuns: 20 };
const absent = "0198c1d2-7f3a-7c44-9c1b-3f1de2a4b001";
const pathOf = (route: Route) => documentedPath(route.path).replaceAll(/\{\w+\}/g, absent);

/** Signing out with an empty body is right, and would end the test. */
const routes = Object.values(resources)
  .flat()
  .filter(({ path }) => path !== "/api/v1/auth/logout");

const text = fc.string({ unit: "binary", maxLength: 40 });
const namesOf = ({ input }: Route) =>
  fc.constantFrom(...Object.keys(input.shape), "unheard_of", "__proto__", "constructor");

suite("whatever is sent to the management API", () => {
  const management = useManagement();

  for (const route of routes) {
    const name = `${route.method.toUpperCase()} ${documentedPath(route.path)}`;
    const send = async (path: string, asked: object) => {
      const { owner, nobody } = management();
      const person = route.level === "public" ? nobody : owner;
      const { status, json } = await person.ask(route.method.toUpperCase(), path, asked);
      assert.ok(status < 500, JSON.stringify(json));
    };

    if (route.source === "body") {
      test(`${name} answers any body with a success or with the sender's fault`, async () => {
        const values = fc.oneof(text, fc.jsonValue(), fc.double(), fc.emailAddress());
        const bodies = fc.oneof(
          fc.dictionary(namesOf(route), values, { noNullPrototype: true }),
          fc.jsonValue(),
        );
        await fc.assert(
          fc.asyncProperty(bodies, (body) => send(pathOf(route), { body })),
          runs,
        );
      });
    } else {
      test(`${name} answers any query with a success or with the sender's fault`, async () => {
        const query = fc.array(fc.tuple(namesOf(route), text), { maxLength: 4 });
        const ask = (pairs: [string, string][]) =>
          send(`${pathOf(route)}?${new URLSearchParams(pairs)}`, {});
        await fc.assert(fc.asyncProperty(query, ask), runs);
      });
    }

    if (route.path.includes("{")) {
      test(`${name} answers any name in its path with the sender's fault`, async () => {
        const ask = (value: string) =>
          send(documentedPath(route.path).replaceAll(/\{\w+\}/g, encodeURIComponent(value)), {});
        const values = text.filter((value) => value.isWellFormed());
        await fc.assert(fc.asyncProperty(values, ask), runs);
      });
    }
  }

  test("a body nested as deep as its size permits is refused", async () => {
    const depth = 30_000;
    for (const raw of [
      `${"[".repeat(depth)}${"]".repeat(depth)}`,
      `{"name":${"[".repeat(depth)}${"]".repeat(depth)}}`,
    ]) {
      const headers = { "content-type": "application/json" };
      const answer = await management().owner.ask("POST", "/api/v1/apikeys", { raw, headers });
      failed(answer, "request.invalid");
    }
  });
});
