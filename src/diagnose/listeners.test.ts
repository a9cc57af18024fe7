import assert from "node:assert/strict";
import { conformance } from "../conformance/conformance.ts";
import { loopback } from "../conformance/fixture.ts";
import { inNetworkNamespace } from "../conformance/network-namespace.ts";
import { bind } from "../posix/bind.ts";
import { connect } from "../posix/connect.ts";
import { AF, SOCK } from "../posix/constants.ts";
import { getsockname } from "../posix/getsockname.ts";
import { listeners } from "./listeners.ts";

const inode = (entry: { readonly socket: { readonly inode: number | undefined } }) => entry.socket.inode;

const linuxOnly = { windows: "berkeley/diagnose knows Linux so far" };

conformance("listeners", [
  {
    clause: "tells a listener's queue and processes",
    source: "sock_diag(7); inet_csk_get_info in net/ipv4/inet_diag.c",
    except: linuxOnly,
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
    clause: "a socket that does not listen is told only if all are asked for",
    source: "berkeley",
    except: linuxOnly,
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
    clause: "of a mixed bag it tells what ss tells: v4, v6, dual, unix, abstract, groups, inherited",
    source: "ss(8)",
    except: linuxOnly,
    run: (fixture) =>
      inNetworkNamespace(fixture, new URL("./listeners-network.child.js", import.meta.url), { ip: true }),
  },
]);
