import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { conformance } from "../../test/conformance.ts";
import { Holding } from "../../test/holding.ts";
import { inNetworkNamespace } from "../../test/network-namespace.ts";
import { IPV6 } from "../options/ipv6.ts";
import { acceptQueue } from "../posix/accept-queue.ts";
import { bind } from "../posix/bind.ts";
import { close } from "../posix/close.ts";
import { AF, POLL, SOCK } from "../posix/constants.ts";
import { getsockname } from "../posix/getsockname.ts";
import { listen } from "../posix/listen.ts";
import type { Socket } from "../posix/owned-socket.ts";
import { poll } from "../posix/poll.ts";
import { setsockopt } from "../posix/setsockopt.ts";
import { waitForListener } from "./wait-for-listener.ts";

function portOf(socket: Socket): number {
  const address = getsockname(socket);
  assert.ok(address.family === "ipv4" || address.family === "ipv6");
  return address.port;
}

/** Whether a client has connected. */
const connectionsWait = (listener: Socket): boolean =>
  poll([{ socket: listener, events: POLL.IN }], 0).length > 0;

const unixIsLinux = { windows: "Windows does not tell who has a unix socket, and Wine 8 has none" };

const isTimeout = (error: unknown) => error instanceof DOMException && error.name === "TimeoutError";

conformance("waitForListener", [
  {
    clause: "sees a listener that is there, without connecting to it",
    source: "inet_diag_find_one_icsk in net/ipv4/inet_diag.c",
    async run(fixture) {
      const listener = fixture.listener(4);
      const found = await waitForListener({ port: portOf(listener) });
      assert.deepEqual(found, getsockname(listener));
      assert.equal(connectionsWait(listener), false);
    },
  },
  {
    clause: "a socket that is bound is waited for until it listens",
    source: "berkeley",
    async run(fixture) {
      const listener = fixture.boundTcp();
      const port = portOf(listener);
      let over = false;
      const wait = waitForListener({ port }).then((found) => {
        over = true;
        return found;
      });
      await assert.rejects(waitForListener({ port }, { timeout: 30 }), isTimeout);
      assert.equal(over, false);
      listen(listener, 4);
      assert.deepEqual(await wait, getsockname(listener));
      assert.equal(connectionsWait(listener), false);
    },
  },
  {
    clause: "localhost is 127.0.0.1 and ::1: either is seen; and so is a dual-stack wildcard",
    source: "RFC 6761, 6.3",
    except: { windows: "GetExtendedTcpTable() does not tell of IPV6_V6ONLY; its own row is below" },
    async run(fixture) {
      for (const [address, found] of [
        ["::1", "::1"],
        ["::", "127.0.0.1"],
      ] as const) {
        const listener = fixture.socket(AF.INET6, SOCK.STREAM);
        bind(listener, { family: "ipv6", address, port: 0 });
        listen(listener, 1);
        const port = portOf(listener);
        const seen = await waitForListener({ port });
        assert.ok(seen.family !== "unix");
        assert.deepEqual([seen.address, seen.port], [found, port]);
        assert.equal(connectionsWait(listener), false);
      }
    },
  },
  {
    clause: "localhost is ::1, too; IPv6's wildcard, which may take IPv4 or not, is found by connecting",
    source: "MIB_TCP6ROW_OWNER_PID of tcpmib.h",
    except: { linux: "the kernel tells of IPV6_V6ONLY" },
    async run(fixture) {
      for (const address of ["::1", "::"]) {
        const listener = fixture.socket(AF.INET6, SOCK.STREAM);
        setsockopt(listener, IPV6.V6ONLY, false);
        bind(listener, { family: "ipv6", address, port: 0 });
        listen(listener, 1);
        const port = portOf(listener);
        const seen = await waitForListener({ port });
        assert.ok(seen.family !== "unix");
        assert.deepEqual([seen.address, seen.port], ["::1", port]);
        assert.equal(connectionsWait(listener), false);
        if (address === "::1") continue;
        await waitForListener({ port, host: "127.0.0.1" });
        assert.equal(connectionsWait(listener), true);
      }
    },
  },
  {
    clause: "another address of this machine is not the one that is waited for",
    source: "berkeley",
    async run(fixture) {
      const listener = fixture.listener();
      const port = portOf(listener);
      await assert.rejects(waitForListener({ port, host: "127.0.0.2" }, { timeout: 30 }), isTimeout);
      await waitForListener({ port, host: "127.0.0.1" });
    },
  },
  {
    clause: "a unix path: neither a file, nor a stale socket, nor a bound one is a listener",
    source: "unix(7)",
    except: unixIsLinux,
    async run(fixture) {
      const path = join(fixture.folder(), "socket");
      const wait = waitForListener({ path });
      const short = () => assert.rejects(waitForListener({ path }, { timeout: 20 }), isTimeout);
      await short();
      const listener = fixture.socket(AF.UNIX, SOCK.STREAM);
      bind(listener, { family: "unix", path });
      await short();
      listen(listener, 2);
      assert.deepEqual(await wait, { family: "unix", path });
      assert.deepEqual(acceptQueue(listener), { pending: 0, limit: 2 });
      close(listener);
      await short();
      const file = join(fixture.folder(), "file");
      writeFileSync(file, "");
      await assert.rejects(waitForListener({ path: file }, { timeout: 20 }), isTimeout);
    },
  },
  {
    clause: "an abstract name",
    source: "unix(7)",
    except: unixIsLinux,
    async run(fixture) {
      const address = fixture.abstractAddress();
      assert.ok(address.family === "unix" && typeof address.path === "string");
      const { path } = address;
      await assert.rejects(waitForListener({ path }, { timeout: 20 }), isTimeout);
      const listener = fixture.socket(AF.UNIX, SOCK.STREAM);
      bind(listener, address);
      listen(listener, 2);
      assert.deepEqual(await waitForListener({ path }), address);
    },
  },
  {
    clause: "a process that starts is waited for",
    source: "berkeley",
    async run(fixture) {
      const placeholder = fixture.boundTcp();
      const port = portOf(placeholder);
      close(placeholder);
      const wait = waitForListener({ port });
      const address = { family: "ipv4", address: "127.0.0.1", port } as const;
      await Holding.start(fixture, { sockets: [{ address, backlog: 3 }] });
      assert.deepEqual(await wait, address);
    },
  },
  {
    clause: "an abort ends it, with the signal's reason, before and while it waits",
    source: "the DOM standard, AbortSignal",
    async run(fixture) {
      const port = portOf(fixture.boundTcp());
      const reason = new Error("enough");
      await assert.rejects(waitForListener({ port }, { signal: AbortSignal.abort(reason) }), reason);
      const controller = new AbortController();
      const wait = waitForListener({ port }, { signal: controller.signal, timeout: 100_000 });
      await setImmediate();
      controller.abort(reason);
      await assert.rejects(wait, reason);
    },
  },
  {
    clause: "another machine is waited for by connecting, one connection at a time",
    source: "berkeley",
    except: { windows: "Windows has no network namespaces" },
    run: (fixture) =>
      inNetworkNamespace(fixture, new URL("./wait-network.child.js", import.meta.url), { ip: true }),
  },
]);

test("waitForListener() rejects an invalid endpoint", async () => {
  // @ts-expect-error neither a port nor a path
  await assert.rejects(waitForListener({}), TypeError);
  // @ts-expect-error not an object
  await assert.rejects(waitForListener(3000), TypeError);
  for (const port of [0, -1, 65536, 1.5]) await assert.rejects(waitForListener({ port }), RangeError);
  await assert.rejects(waitForListener({ path: "" }), TypeError);
  await assert.rejects(waitForListener({ port: 1 }, { timeout: -1 }), RangeError);
});
