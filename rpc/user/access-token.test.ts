import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify, SignJWT } from "jose";
import type { SessionResponse } from "../../gen/rpc/user/user_pb.ts";
import { databases } from "../../test/support/databases.ts";
import {
  call,
  login,
  outcome,
  register,
  startUserService,
  type TestUserService,
  userOf,
} from "../../test/support/user-service.ts";

const accessLifeMs = 900_000;

for (const engine of databases()) {
  describe(`access tokens on ${engine.name}`, engine.options, () => {
    let service: TestUserService;
    let owner: SessionResponse;
    before(async () => {
      service = await startUserService(engine, { sessionsPerUserMax: 3 });
      owner = await register(service.client, "owner");
    });
    after(() => service?.close());

    const authenticate = (accessToken: string) =>
      outcome(service.client.authenticate({ accessToken }, call));

    test("an access token ends after its life, though the session goes on", async () => {
      const session = await register(service.client, "gil");
      assert.equal(
        session.accessExpiresAtMs,
        Math.floor(service.parts.now() / 1_000) * 1_000 + accessLifeMs,
      );
      service.advance(accessLifeMs + 6_000);
      assert.equal(await authenticate(session.accessToken), "auth.token_expired");
      const next = await service.client.refresh({ refreshToken: session.refreshToken }, call);
      assert.equal(await authenticate(next.accessToken), "ok");
    });

    test("anybody can check an access token with the published key set", async () => {
      const session = await register(service.client, "nat");
      const { jwks } = await service.client.getJwks({}, call);
      assert.doesNotMatch(jwks, /"d":/);
      const { payload } = await jwtVerify(
        session.accessToken,
        createLocalJWKSet(JSON.parse(jwks)),
        {
          algorithms: ["EdDSA"],
          issuer: "apirouter",
          audience: "apirouter",
          typ: "at+jwt",
          currentDate: new Date(service.parts.now()),
        },
      );
      assert.equal(payload.sub, userOf(session).id);
      assert.deepEqual(Object.keys(payload).sort(), [
        "aud",
        "exp",
        "iat",
        "iss",
        "jti",
        "sid",
        "sub",
      ]);
    });

    test("an access token of another algorithm, key, issuer or kind is refused", async () => {
      const { accessToken } = await register(service.client, "otto");
      const [header = "", body = "", signature = ""] = accessToken.split(".");
      const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
      const claims = decodeJwt(accessToken);
      const protectedHeader = { ...decodeProtectedHeader(accessToken), alg: "HS256" };
      const { jwks } = await service.client.getJwks({}, call);
      const forged = [
        "",
        "a.b.c",
        `${header}.${body}.`,
        `${encode({ alg: "none" })}.${body}.`,
        `${header}.${encode({ ...claims, sub: userOf(owner).id })}.${signature}`,
        await new SignJWT(claims)
          .setProtectedHeader(protectedHeader)
          .sign(Buffer.from(JSON.parse(jwks).keys[0].x, "base64url")),
      ];
      for (const token of forged) assert.equal(await authenticate(token), "auth.token_invalid");
      const elsewhere = await service.replica({ config: { issuer: "another" } });
      const foreign = await login(elsewhere, "otto");
      assert.equal(await authenticate(foreign.accessToken), "auth.token_invalid");
      assert.equal(await authenticate(accessToken), "ok");
    });
  });
}
