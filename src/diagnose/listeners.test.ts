import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { conformance } from "../../test/conformance.ts";
import { loopback } from "../../test/fixture.ts";
import { inNetworkNamespace } from "../../test/network-namespace.ts";
import { usedByItsProcess } from "../../test/used-by-its-process.ts";
import { bind } from "../posix/bind.ts";
import { close } from "../posix/close.ts";
import { connect } from "../posix/connect.ts";
import { AF, SOCK } from "../posix/constants.ts";
import { getsockname } from "../posix/getsockname.ts";
import { listen } from "../posix/listen.ts";
import type { Socket } from "../posix/owned-socket.ts";
import { sendmsg } from "../posix/sendmsg.ts";
import { listeners } from "./listeners.ts";
import { userName } from "./process.ts";

const inode = (entry: { readonly socket: { readonly inode: number | undefined } }) => entry.socket.inode;

function assertTold(listener: Socket): void {
  const address = getsockname(listener);
  const [found, ...others] = listeners().filter(({ socket }) => isDeepStrictEqual(socket.local, address));
  assert.deepEqual(others, []);
  assert.equal(found?.socket.use, "listening");
  assert.equal(found.holders[0]?.pid, process.pid);
  assert.equal(found.user, found.holders[0]?.user);
}

conformance("listeners", [
  {
    clause: "reports a listener over IPv4 and its process",
    source: "sock_diag(7); MIB_TCPROW_OWNER_PID of tcpmib.h",
    run(fixture) {
      assertTold(usedByItsProcess(fixture.listener(7)));
    },
  },
  {
    clause: "reports a listener over IPv6 and its process",
    source: "sock_diag(7); MIB_TCP6ROW_OWNER_PID of tcpmib.h",
    except: { wine: "Wine 8 has no process with what is of IPv6" },
    run(fixture) {
      const listener = fixture.socket(AF.INET6, SOCK.STREAM);
      bind(listener, { family: "ipv6", address: "::1", port: 0 });
      listen(listener, 7);
      assertTold(listener);
    },
  },
  {
    clause: "reports a listener's queue and processes",
    source: "sock_diag(7); inet_csk_get_info in net/ipv4/inet_diag.c",
    except: { windows: "Windows does not tell of an accept queue" },
    run(fixture) {
      const listener = fixture.listener(7);
      connect(fixture.tcp(), getsockname(listener));
      const mine = listeners().filter(({ holders }) => holders.some(({ pid }) => pid === process.pid));
      const address = getsockname(listener);
      const found = mine.find(
        ({ socket }) => "port" in address && socket.protocol === "tcp" && socket.local.port === address.port,
      );
      assert.deepEqual(found?.socket.queue, { pending: 1, limit: 7 });
      assert.deepEqual(found?.socket.local, address);
    },
  },
  {
    clause: "reports a socket that is not listening only if all are requested",
    source: "berkeley",
    except: { windows: "sockets have no inode, and there are no names in an abstract namespace" },
    run(fixture) {
      const before = new Set(listeners({ all: true }).map(inode));
      const bound = fixture.udp();
      bind(bound, loopback);
      bind(fixture.socket(AF.UNIX, SOCK.DGRAM), fixture.abstractAddress());
      const isNew = (all: boolean) =>
        listeners({ all }).filter(
          (entry) => !before.has(inode(entry)) && entry.holders.some(({ pid }) => pid === process.pid),
        );
      assert.deepEqual(isNew(false), []);
      assert.deepEqual(
        isNew(true).map(({ socket }) => [socket.protocol, socket.use]),
        [
          ["udp", "bound"],
          ["unix", "bound"],
        ],
      );
    },
  },
  {
    clause:
      "in the order of their ports, of one port TCP before UDP, and then unix sockets; with their users",
    source: "berkeley",
    except: { windows: "the system tells no users of sockets, nor unix sockets" },
    run(fixture) {
      const tcp = fixture.listener();
      const address = getsockname(tcp);
      bind(fixture.udp(), address);
      fixture.listener();
      bind(fixture.socket(AF.UNIX, SOCK.DGRAM), fixture.abstractAddress());
      const all = listeners({ all: true });
      const keys = all.map(({ socket }) =>
        socket.protocol === "unix" ? 100_000 : socket.local.port + (socket.protocol === "udp" ? 0.5 : 0),
      );
      assert.deepEqual(
        keys,
        keys.toSorted((one, other) => one - other),
      );
      const same = all.filter(({ socket }) => isDeepStrictEqual(socket.local, address));
      assert.deepEqual(
        same.map(({ socket }) => socket.protocol),
        ["tcp", "udp"],
      );
      for (const { user } of same) assert.equal(user, userName(process.getuid?.() ?? -1));
    },
  },
  {
    clause: "a listener in flight between processes still has its user",
    source: "unix(7), SCM_RIGHTS",
    except: { windows: "no sockets are passed there" },
    run(fixture) {
      const listener = fixture.listener();
      const address = getsockname(listener);
      const [left] = fixture.pair(SOCK.STREAM);
      sendmsg(left, { data: [Buffer.alloc(1)], control: [{ type: "SCM_RIGHTS", descriptors: [listener] }] });
      close(listener);
      const [found] = listeners().filter(({ socket }) => isDeepStrictEqual(socket.local, address));
      assert.deepEqual([found?.user, found?.holders], [userName(process.getuid?.() ?? -1), []]);
    },
  },
  {
    clause: "reports a datagram socket, with its process, only if all are requested",
    source: "udp(7); GetExtendedUdpTable()",
    run(fixture) {
      const bound = fixture.udp();
      bind(bound, loopback);
      usedByItsProcess(bound);
      const address = getsockname(bound);
      const of = (all: boolean) =>
        listeners({ all }).filter(({ socket }) => isDeepStrictEqual(socket.local, address));
      assert.deepEqual(of(false), []);
      const [found] = of(true).filter(({ socket }) => socket.protocol === "udp");
      assert.equal(found?.socket.use, "bound");
      assert.equal(found?.holders[0]?.pid, process.pid);
    },
  },
  {
    clause: "reports the same as ss for a mix of sockets: v4, v6, dual, unix, abstract, groups, inherited",
    source: "ss(8)",
    except: { windows: "it is compared with ss(8), in a network namespace" },
    run: (fixture) =>
      inNetworkNamespace(fixture, new URL("./listeners-network.child.js", import.meta.url), { ip: true }),
  },
]);
