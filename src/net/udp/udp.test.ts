import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { collectGarbage } from "../../../test/collect-garbage.ts";
import { asyncApiTest, portOf } from "../../../test/engine/async-api.ts";
import { someTurns } from "../../../test/engine/engine-test.ts";
import { noReusePort, noUnixDatagrams } from "../../../test/winsock-exceptions.ts";
import { IP } from "../../options/ip.ts";
import { IPV6 } from "../../options/ipv6.ts";
import { SO } from "../../options/so.ts";
import { bind } from "../../posix/bind.ts";
import { getsockopt } from "../../posix/getsockopt.ts";
import { setsockopt } from "../../posix/setsockopt.ts";
import { host } from "../../system/host.ts";
import type { DatagramOptions, Remote } from "../options/datagram-options.ts";
import { udp } from "./udp.ts";

const loopback = { host: "127.0.0.1" } as const;

asyncApiTest("udp(): without a host it is one socket for both families", async (engine) => {
  await using here = await udp({ engine });
  const { address } = here;
  assert.ok(address.family === "ipv6" && address.address === "::");
  assert.equal(getsockopt(here.socket, IPV6.V6ONLY), false);
  await using there = await udp({ remote: { host: "127.0.0.1", port: address.port }, engine });
  assert.equal(there.address.family, "ipv4");
  await there.send("over IPv4");
  const datagram = await here.receive();
  assert.ok("address" in datagram.address && datagram.address.address === "::ffff:127.0.0.1");
  await here.send("as it came", datagram.address);
  await here.send("as it is", there.address);
  assert.equal(Buffer.from((await there.receive()).data).toString(), "as it came");
  assert.equal(Buffer.from((await there.receive()).data).toString(), "as it is");
});

asyncApiTest("udp(): localhost, at both ends", async (engine) => {
  await using here = await udp({ host: "localhost", engine });
  assert.ok("address" in here.address && here.address.address === "127.0.0.1");
  const remote = { port: portOf(here.address) };
  await using there = await udp({ remote, engine });
  assert.deepEqual(there.remoteAddress, here.address);
  await using six = await udp({ host: "::1", ipv6Only: true, remote, engine });
  assert.ok("address" in six.remoteAddress && six.remoteAddress.address === "::1");
});

asyncApiTest("udp(): options are set before it is bound", async (engine) => {
  const options = [
    [SO.RCVBUF, 65_536],
    [SO.BROADCAST, true],
  ] as const;
  await using here = await udp({ ...loopback, options, engine });
  // Linux doubles it.
  assert.equal(getsockopt(here.socket, SO.RCVBUF), host.name === "linux" ? 131_072 : 65_536);
  assert.equal(getsockopt(here.socket, SO.BROADCAST), true);
  const port = portOf(here.address);
  await assert.rejects(udp({ ...loopback, port, engine }), { name: "AddressInUse", syscall: "bind", port });
});

asyncApiTest(
  "udp(): an option that decides where a socket may be bound is set before that",
  async (engine) => {
    // An address that this host does not have (RFC 5737).
    const endpoint = { host: "192.0.2.1", engine };
    await assert.rejects(udp(endpoint), { name: "AddressNotAvailable", syscall: "bind" });
    await using here = await udp({ ...endpoint, options: [[IP.FREEBIND, true]] });
    assert.ok("address" in here.address && here.address.address === "192.0.2.1");
  },
  { windows: "Windows has no IP_FREEBIND" },
);

asyncApiTest("udp(): a number stays the caller's if an option is malformed", async (engine, fixture) => {
  const fd = fixture.udp().detach();
  const bad = [
    { socket: fd, engine, port: 80 },
    { socket: fd, engine, reuseAddress: true },
    { socket: fd, engine, remote: { port: "80" } },
    { socket: fd, engine: "epoll" },
  ] as const;
  // @ts-expect-error that is the point
  for (const options of bad) await assert.rejects(udp(options), TypeError);
  await assert.rejects(udp({ socket: fixture.tcp().fd, engine }), TypeError);
  for (let times = 0; times < 5; times++) {
    collectGarbage();
    await someTurns();
  }
  await using here = await udp({ socket: fd, engine });
  assert.equal(here.socket.fd, fd);
});

asyncApiTest("udp(): close() closes it, whatever its signal says", async (engine) => {
  const here = await udp({ ...loopback, engine });
  await assert.rejects(here.close({ signal: AbortSignal.abort("now") }), (reason) => reason === "now");
  assert.ok(here.closed);
  await here.close();
});

for (const [shared, exceptions] of Object.entries({ reusePort: noReusePort, reuseAddress: {} })) {
  asyncApiTest(
    `udp(): ${shared} lets several share one port`,
    async (engine) => {
      await using here = await udp({ ...loopback, [shared]: true, engine });
      await using there = await udp({ ...loopback, [shared]: true, port: portOf(here.address), engine });
      assert.deepEqual(there.address, here.address);
    },
    exceptions,
  );
}

asyncApiTest(
  "udp(): a multicast group over loopback",
  async (engine) => {
    const group = { multiaddr: "239.255.43.21", address: "127.0.0.1" };
    await using here = await udp({ host: "0.0.0.0", engine });
    setsockopt(here.socket, IP.ADD_MEMBERSHIP, group);
    await using there = await udp({ host: "0.0.0.0", engine });
    setsockopt(there.socket, IP.MULTICAST_IF, { address: "127.0.0.1" });
    await there.send("to all", { family: "ipv4", address: group.multiaddr, port: portOf(here.address) });
    assert.equal(Buffer.from((await here.receive()).data).toString(), "to all");
  },
  { windows: "its IP_MULTICAST_IF has another layout, and is not among the options" },
);

asyncApiTest(
  "udp(): a path is removed at the end, and the error says if it is in use",
  async (engine, fixture) => {
    const path = join(fixture.folder(), "socket");
    const here = await udp({ path, engine });
    assert.deepEqual(here.address, { family: "unix", path });
    await assert.rejects(udp({ path, engine }), { name: "AddressInUse", message: /It is a socket in use\./ });
    await here.close();
    assert.ok(!existsSync(path));
    assert.deepEqual(here.address, { family: "unix", path });
  },
  noUnixDatagrams,
);

asyncApiTest("udp(): takes ownership of an existing socket", async (engine, fixture) => {
  const socket = fixture.udp();
  bind(socket, { family: "ipv4", address: "127.0.0.1", port: 0 });
  await using here = await udp({ socket, engine });
  assert.ok(socket.closed, "the DatagramSocket owns it");
  const other = fixture.udp();
  await using there = await udp({ socket: other.detach(), remote: here.address, engine });
  await there.send("hello");
  assert.deepEqual((await here.receive()).address, there.address);
  const stream = fixture.tcp();
  await assert.rejects(udp({ socket: stream, engine }), TypeError);
  assert.ok(!stream.closed);
  const four = fixture.udp();
  const remote = { family: "ipv6", address: "::1", port: 1 } as const;
  await assert.rejects(udp({ socket: four, remote, engine }), { syscall: "connect" });
  assert.ok(four.closed, "closes a socket that could not be set up");
});

asyncApiTest(
  "udp(): an impossible peer",
  async (engine, fixture) => {
    const path = join(fixture.folder(), "nobody");
    await assert.rejects(udp({ remote: { path }, engine }), {
      name: "FileNotFound",
      syscall: "connect",
      path,
    });
    const bound = join(fixture.folder(), "here");
    await assert.rejects(udp({ path: bound, remote: { path }, engine }), { name: "FileNotFound" });
    assert.ok(!existsSync(bound), "removes the path again");
  },
  noUnixDatagrams,
);

asyncApiTest("udp(): rejects bad options before any call", async (engine) => {
  const bad: readonly [options: DatagramOptions, expected: ErrorConstructor][] = [
    [{ port: 65_536 }, RangeError],
    [{ host: "" }, TypeError],
    [{ path: "" }, TypeError],
    [{ remote: { port: 0 } }, RangeError],
    [{ remote: { path: "" } }, TypeError],
    [{ remote: { family: "vsock", cid: 1, port: 1 } }, TypeError],
  ];
  for (const [options, expected] of bad) await assert.rejects(udp({ ...options, engine }), expected);
  await using here = await udp({ ...loopback, engine });
  const badRemote: Remote = { port: 70_000 };
  await assert.rejects(here.connect(badRemote), RangeError);
  await assert.rejects(here.send("", { family: "ipv4", address: "localhost", port: 1 }), TypeError);
  await assert.rejects(here.receive({ timeout: -1 }), RangeError);
  assert.equal(here.pendingBytes, 0);
});
