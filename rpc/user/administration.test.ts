import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { SessionResponse } from "../../gen/rpc/user/user_pb.ts";
import { databases } from "../../test/support/databases.ts";
import {
  actorOf,
  call,
  outcome,
  register,
  startUserService,
  type TestUserService,
  userOf,
} from "../../test/support/user-service.ts";

for (const engine of databases()) {
  describe(`administration on ${engine.name}`, engine.options, () => {
    let service: TestUserService;
    let owner: SessionResponse;
    let admin: SessionResponse;
    let member: SessionResponse;
    before(async () => {
      service = await startUserService(engine);
      owner = await register(service.client, "owner");
      admin = await register(service.client, "admin");
      member = await register(service.client, "member");
      await setAccess(owner, admin, { role: "admin" });
    });
    after(() => service?.close());

    const setAccess = (by: SessionResponse, of: SessionResponse, change: object) =>
      service.client.setUserAccess({ actor: actorOf(by), id: userOf(of).id, ...change }, call);
    const setStatus = (by: SessionResponse, of: SessionResponse, status: string) =>
      service.client.setUserStatus({ actor: actorOf(by), id: userOf(of).id, status }, call);

    test("members and strangers administer nothing, whatever role they claim", async () => {
      const { client } = service;
      const claims = { userId: userOf(member).id, role: "owner" };
      const id = userOf(admin).id;
      for (const [actor, code] of [
        [actorOf(member), "auth.forbidden"],
        [claims, "auth.forbidden"],
        [{ userId: crypto.randomUUID(), role: "owner" }, "auth.required"],
        [{}, "auth.required"],
      ] as const) {
        assert.equal(await outcome(client.listUsers({ actor }, call)), code);
        assert.equal(await outcome(client.createInvite({ actor }, call)), code);
        assert.equal(await outcome(client.listInvites({ actor }, call)), code);
        assert.equal(await outcome(client.deleteInvite({ actor, id }, call)), code);
        assert.equal(
          await outcome(client.setUserAccess({ actor, id, role: "member" }, call)),
          code,
        );
        assert.equal(
          await outcome(client.setUserStatus({ actor, id, status: "disabled" }, call)),
          code,
        );
      }
      const missing = { actor: actorOf(member), id: crypto.randomUUID(), status: "active" };
      assert.equal(await outcome(client.setUserStatus(missing, call)), "auth.forbidden");
      const asAdmin = { ...missing, actor: actorOf(admin) };
      assert.equal(await outcome(client.setUserStatus(asAdmin, call)), "resource.not_found");
    });

    test("an admin neither touches an owner nor makes one", async () => {
      assert.equal(await outcome(setStatus(admin, owner, "disabled")), "auth.forbidden");
      assert.equal(await outcome(setAccess(admin, owner, { role: "member" })), "auth.forbidden");
      assert.equal(await outcome(setAccess(admin, member, { role: "owner" })), "auth.forbidden");
      assert.equal(await outcome(setAccess(admin, admin, { role: "owner" })), "auth.forbidden");
      const permissions = { endpoints: { values: [] } };
      assert.equal(await outcome(setAccess(admin, owner, { permissions })), "auth.forbidden");
      assert.equal((await setAccess(admin, member, { role: "admin" })).role, "admin");
      assert.equal((await setAccess(admin, member, { role: "member" })).role, "member");
    });

    test("the last active owner cannot be disabled or demoted, not even by itself", async () => {
      assert.equal(await outcome(setStatus(owner, owner, "disabled")), "user.last_owner");
      assert.equal(await outcome(setAccess(owner, owner, { role: "admin" })), "user.last_owner");
      const second = await register(service.client, "second");
      await setAccess(owner, second, { role: "owner" });
      await setStatus(owner, second, "disabled");
      assert.equal(await outcome(setAccess(owner, owner, { role: "admin" })), "user.last_owner");
      await setAccess(owner, second, { role: "member" });
    });

    test("owners who disable or demote each other at the same moment leave exactly one", async () => {
      const other = await service.replica();
      for (const demotion of [false, true]) {
        const rival = await register(service.client, demotion ? "rival2" : "rival1");
        await setAccess(owner, rival, { role: "owner" });
        const strike = (client: typeof other, by: SessionResponse, of: SessionResponse) => {
          const request = { actor: { userId: userOf(by).id, role: "owner" }, id: userOf(of).id };
          return outcome(
            demotion
              ? client.setUserAccess({ ...request, role: "member" }, call)
              : client.setUserStatus({ ...request, status: "disabled" }, call),
          );
        };
        const outcomes = await Promise.all([
          strike(service.client, owner, rival),
          strike(other, rival, owner),
        ]);
        assert.deepEqual(outcomes.sort(), ["auth.forbidden", "ok"]);
        // Whoever lost gets everything back, and the rival goes, for what comes next.
        const { role, status } = await service.client.getUser({ id: userOf(owner).id }, call);
        const winner = role === "owner" && status === "active" ? owner : rival;
        await setStatus(winner, owner, "active");
        await setAccess(winner, owner, { role: "owner" });
        await setAccess(owner, rival, { role: "member" });
      }
    });

    test("permissions are kept as set, and what is none is refused", async () => {
      const permissions = {
        endpoints: { values: ["models"] },
        allowedModels: { values: ["gpt-*"] },
        deniedModels: { values: ["gpt-4\0"] },
        ipRanges: { values: ["10.0.0.0/8", "2001:db8::/32"] },
      };
      await setAccess(admin, member, { permissions });
      const user = await service.client.getUser({ id: userOf(member).id }, call);
      assert.deepEqual(user.permissions?.endpoints, permissions.endpoints.values);
      assert.deepEqual(user.permissions?.models?.allow, permissions.allowedModels.values);
      assert.deepEqual(user.permissions?.models?.deny, permissions.deniedModels.values);
      assert.deepEqual(user.permissions?.ipRanges, permissions.ipRanges.values);
      assert.equal(user.role, "member");
      for (const change of [
        { permissions: { ipRanges: { values: ["10.0.0.0/99"] } } },
        { permissions: { endpoints: { values: [""] } } },
        { permissions: { endpoints: { values: Array(201).fill("x") } } },
        { role: "king" },
      ]) {
        assert.equal(await outcome(setAccess(admin, member, change)), "request.invalid");
      }
      assert.equal(await outcome(setStatus(admin, member, "asleep")), "request.invalid");
    });

    test("of changes to one user's permissions at the same moment none takes another back", async () => {
      const lists = ["endpoints", "allowedModels", "deniedModels", "ipRanges"];
      const { id } = userOf(await register(service.client, "narrowed"));
      const other = await service.replica();
      await Promise.all(
        lists.map((list, index) =>
          (index % 2 ? other : service.client).setUserAccess(
            { actor: actorOf(admin), id, permissions: { [list]: { values: ["192.0.2.1"] } } },
            call,
          ),
        ),
      );
      const { permissions } = await service.client.getUser({ id }, call);
      const { endpoints, models, ipRanges } = permissions ?? {};
      for (const list of [endpoints, models?.allow, models?.deny, ipRanges]) {
        assert.deepEqual(list, ["192.0.2.1"]);
      }
    });

    test("a watch tells of every change of status, role and permissions before it is acknowledged", async () => {
      const gone = new AbortController();
      const watched = service.client.watch({}, { ...call, signal: gone.signal });
      const events = watched[Symbol.asyncIterator]();
      const first = await events.next();
      assert.equal(first.value.userId, "");
      const id = userOf(member).id;
      const changes = [
        () => setStatus(owner, member, "disabled"),
        () => setStatus(owner, member, "active"),
        () => setAccess(owner, member, { role: "admin" }),
        () => setAccess(owner, member, { permissions: { endpoints: { values: ["*"] } } }),
      ];
      const told: string[] = [];
      await service.parts.events.subscribe("user", {
        onEvent: (event) => told.push(`${event.id} ${event.value}`),
        onGap: () => {},
      });
      for (const [index, change] of changes.entries()) {
        await change();
        assert.equal(told.length, index + 1);
        const { value } = await events.next();
        assert.deepEqual([value.userId, value.status], [id, index === 0 ? "disabled" : "active"]);
      }
      gone.abort();
      assert.equal((await events.next()).done, true);
      await setAccess(owner, member, { role: "member" });
    });

    test("the list of users is paged in a stable order, filtered and searched", async () => {
      const { client } = service;
      const actor = actorOf(admin);
      const list = async (request: object) => {
        const { users, total } = await client.listUsers({ actor, ...request }, call);
        return { names: users.map((user) => user.username), total };
      };
      for (const name of ["list_a", "list-b", "listXc"]) await register(client, name);
      const matching = { search: "LIST" };
      assert.deepEqual(await list(matching), { names: ["list_a", "list-b", "listXc"], total: 3 });
      const second = { ...matching, page: { page: 2, pageSize: 2 } };
      assert.deepEqual(await list(second), { names: ["listXc"], total: 3 });
      await register(client, "list-z");
      assert.deepEqual(await list(second), { names: ["listXc", "list-z"], total: 4 });
      assert.deepEqual(await list({ search: "list_" }), { names: ["list_a"], total: 1 });
      assert.deepEqual(await list({ search: "list-b@EXAMPLE" }), { names: ["list-b"], total: 1 });
      assert.deepEqual(await list({ search: "%" }), { names: [], total: 0 });
      const id = (await client.listUsers({ actor, search: "list-z" }, call)).users[0]?.id ?? "";
      await client.setUserStatus({ actor, id, status: "disabled" }, call);
      const disabled = { ...matching, status: "disabled" };
      assert.deepEqual(await list(disabled), { names: ["list-z"], total: 1 });
      for (const request of [
        { page: { page: 1, pageSize: 101 } },
        { status: "asleep" },
        { search: "a\0b" },
      ]) {
        assert.equal(await outcome(list(request)), "request.invalid");
      }
    });
  });
}
