import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { asyncApiTest, readText } from "../../../test/engine/async-api.ts";
import { except } from "../../../test/platform.ts";
import { usedByItsProcess } from "../../../test/used-by-its-process.ts";
import { listen, reservePort } from "../../index.ts";
import { SO } from "../../options/so.ts";
import { tryBind } from "../../posix/bind.ts";
import { AF, SOCK } from "../../posix/constants.ts";
import { getsockopt } from "../../posix/getsockopt.ts";
import { trySetsockopt } from "../../posix/setsockopt.ts";
import { socket } from "../../posix/socket.ts";
import { host } from "../../system/host.ts";
import { connect } from "../connection/connect.ts";

const loopback = { host: "127.0.0.1" } as const;
const child = (name: string) => fileURLToPath(new URL(name, import.meta.url));

asyncApiTest("reservePort: the port's next owner serves a connection that came early", async (engine) => {
  const reserved = await reservePort(loopback);
  const client = await connect({ address: reserved.address, engine });
  const server = await listen(
    { socket: reserved, engine },
    { open: (connection) => void connection.end("hello") },
  );
  assert.deepEqual(server.addresses, reserved.addresses);
  assert.equal(await readText(client), "hello");
  // The server owns it now.
  reserved[Symbol.dispose]();
  assert.ok(reserved.sockets.every(({ closed }) => closed));
  await Promise.all([client.close(), server.close({ drain: 0 })]);
});

asyncApiTest("reservePort: localhost is both families, and listen() takes both", async (engine) => {
  const reserved = await reservePort({ host: "localhost" });
  assert.ok(reserved.addresses.every((address) => "port" in address && address.port === reserved.port));
  if (reserved.sockets.length === 2 && host.name !== "windows")
    assert.throws(() => reserved.detach(), TypeError);
  const listener = await listen({ socket: reserved, engine });
  for (const address of reserved.addresses) {
    const client = await connect({ address, engine });
    await (await listener.accept()).close();
    await client.close();
  }
  await listener.close();
});

test("reservePort: no other socket gets the port, with any option, on its address or on a wildcard", async () => {
  using reserved = await reservePort(loopback);
  assert.equal(getsockopt(reserved.sockets[0] ?? -1, SO.ACCEPTCONN), true);
  // On Windows a socket of "::" is IPv6 only by default (IPV6_V6ONLY).
  const wildcards = host.name === "windows" ? ["0.0.0.0"] : ["0.0.0.0", "::"];
  for (const address of ["127.0.0.1", ...wildcards]) {
    for (const reuse of [[], [SO.REUSEADDR], [SO.REUSEPORT], [SO.REUSEADDR, SO.REUSEPORT]]) {
      const family = address === "::" ? "ipv6" : "ipv4";
      using other = socket(address === "::" ? AF.INET6 : AF.INET, SOCK.STREAM);
      for (const option of reuse) trySetsockopt(other, option, true);
      const result = tryBind(other, { family, address, port: reserved.port });
      // Windows refuses sockets that would take it by SO_REUSEADDR (Using SO_REUSEADDR and
      // SO_EXCLUSIVEADDRUSE).
      const names = host.name === "windows" ? ["AddressInUse", "AccessDenied"] : ["AddressInUse"];
      assert.ok(!result.ok && names.includes(result.error.name), `${address} ${reuse.length}`);
    }
  }
});

test("reservePort: the port is free again at the end of its scope, and can be taken immediately", async () => {
  let port = 0;
  {
    using reserved = await reservePort(loopback);
    ({ port } = reserved);
  }
  using again = await reservePort({ ...loopback, port });
  assert.equal(again.port, port);
});

test("reservePort: if a range is taken, the error says who holds each port", async () => {
  using held = await reservePort(loopback);
  for (const each of held.sockets) usedByItsProcess(each);
  const { port } = held;
  await assert.rejects(reservePort({ ...loopback, port: { min: port, max: port } }), (error: unknown) => {
    assert.ok(error instanceof AggregateError);
    assert.equal(error.message, `reservePort: no port from ${port} to ${port} of 127.0.0.1 is available`);
    const [first] = error.errors;
    assert.equal(first.name, "AddressInUse");
    assert.match(first.message, new RegExp(`pid ${process.pid}\\b`));
    return true;
  });
  await assert.rejects(reservePort({ ...loopback, port }), { name: "AddressInUse", port });
});

test("reservePort: after an error that every port would have, tries no other", async () => {
  const foreign = { host: "192.0.2.1", port: { min: 20_000, max: 29_999 } };
  await assert.rejects(reservePort(foreign), { name: "AddressNotAvailable", code: "EADDRNOTAVAIL" });
});

test(
  "reservePort: node:http listens on it",
  except({
    bun: "Bun's servers do not take descriptors",
    deno: "Deno's neither",
    windows: "nor Node's there",
  }),
  async () => {
    const reserved = await reservePort(loopback);
    const server = http.createServer((_request, response) => response.end("hello"));
    await once(server.listen({ fd: reserved.detach() }), "listening");
    const answer = await fetch(`http://127.0.0.1:${reserved.port}/`);
    assert.equal(await answer.text(), "hello");
    server.closeAllConnections();
    await once(server.close(), "close");
    assert.throws(() => reserved.detach(), { name: "SocketClosed" });
  },
);

test(
  "reservePort: a child process inherits it",
  except({ windows: "Windows processes do not inherit descriptors by number" }),
  async () => {
    using reserved = await reservePort(loopback);
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [child("../handoff/listeners-from-environment.child.js"), "serve"],
      {
        stdio: ["ignore", "pipe", "pipe", ...reserved.sockets.map(({ fd }) => fd)],
        env: { ...process.env, LISTEN_FDS: "1" },
        encoding: "utf8",
      },
    );
    assert.equal(status, 0, stderr);
    assert.equal(stdout, '{"accepted":1}\n');
  },
);

test("reservePort: concurrent processes never get the same port of a narrow range", async () => {
  const [processes, each] = [6, 8];
  const min = 20_000 + Math.floor(Math.random() * 8000);
  const args = [child("./reserve-port.child.js"), each, min, min + processes * each + 40].map(String);
  const children = Array.from({ length: processes }, () =>
    spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] }),
  );
  const answers = await Promise.all(
    children.map(async ({ stdout }) => {
      const [line] = await once(stdout.setEncoding("utf8"), "data");
      const ports: number[] = JSON.parse(line);
      return ports;
    }),
  );
  for (const { stdin } of children) stdin.end();
  const ends = await Promise.all(children.map((each) => once(each, "close")));
  assert.deepEqual(
    ends.map(([status]) => status),
    children.map(() => 0),
  );
  const ports = answers.flat();
  assert.equal(ports.length, processes * each);
  assert.equal(new Set(ports).size, ports.length);
});

test("reservePort: rejects malformed options", async () => {
  // @ts-expect-error
  await assert.rejects(reservePort(null), TypeError);
  await assert.rejects(reservePort({ port: 65536 }), RangeError);
  await assert.rejects(reservePort({ port: { min: 2, max: 1 } }), RangeError);
  await assert.rejects(reservePort({ port: { min: 0, max: 1 } }), RangeError);
  // @ts-expect-error
  await assert.rejects(reservePort({ port: "80" }), TypeError);
  await assert.rejects(listen({ socket: { sockets: [] } }), TypeError);
  // @ts-expect-error
  await assert.rejects(listen({ socket: { sockets: ["3"] } }), TypeError);
});
