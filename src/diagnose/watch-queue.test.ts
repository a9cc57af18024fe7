import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { assertFails, conformance } from "../../test/conformance.ts";
import type { Fixture } from "../../test/fixture.ts";
import { accept } from "../posix/accept.ts";
import { bind } from "../posix/bind.ts";
import { close } from "../posix/close.ts";
import { connect, tryConnect } from "../posix/connect.ts";
import { AF, SOCK } from "../posix/constants.ts";
import { getsockname } from "../posix/getsockname.ts";
import { listen } from "../posix/listen.ts";
import type { Socket } from "../posix/owned-socket.ts";
import { hostTables } from "../system/this-host.ts";
import { type Netstat, netstat } from "./netstat.ts";
import { dropBetween, type QueueDrop, type QueueSample, watchQueue } from "./watch-queue.ts";

const somaxconn = Number(readFileSync("/proc/sys/net/core/somaxconn", "utf8"));
const syncookies = readFileSync("/proc/sys/net/ipv4/tcp_syncookies", "utf8").trim();

/** The first event of a watch. The watch does not keep the process alive; a timer here does. */
async function firstDrop(
  fixture: Fixture,
  listener: Socket,
  interval: number,
  provoke: () => void,
): Promise<QueueDrop> {
  const alive = setInterval(() => {}, 1000);
  fixture.after(() => clearInterval(alive));
  return new Promise((resolve) => {
    const watch = watchQueue(listener, resolve, { interval });
    fixture.after(() => watch.stop());
    provoke();
  });
}

const linuxOnly = { windows: "watchQueue() is Linux's own" };

conformance("watchQueue", [
  {
    clause: "reports and counts connections dropped because the program does not accept",
    source: "tcp_conn_request in net/ipv4/tcp_input.c: sk_acceptq_is_full",
    except: linuxOnly,
    async run(fixture) {
      const listener = fixture.listener(1);
      for (let count = 0; count < 2; count++) connect(fixture.tcp(), getsockname(listener));
      const before = netstat()?.ListenOverflows ?? 0;
      const told = await firstDrop(fixture, listener, 1, () => {
        const late = fixture.tcp({ nonblocking: true });
        assertFails(tryConnect(late, getsockname(listener)), "ConnectionPending");
      });
      assert.ok(told.dropped >= 1);
      assert.equal(told.limit, "slow accept");
      assert.deepEqual(told.queue, { pending: 2, limit: 1 });
      assert.match(told.message, /^\d+ dropped: the accept queue \(limit 1\) stays full/);
      assert.ok((netstat()?.ListenOverflows ?? 0) > before);
    },
  },
  {
    clause: "reports a burst that exceeds the backlog",
    source: "tcp_conn_request in net/ipv4/tcp_input.c: sk_acceptq_is_full",
    except: linuxOnly,
    async run(fixture) {
      const listener = fixture.listener(0);
      const told = await firstDrop(fixture, listener, 20, () => {
        connect(fixture.tcp(), getsockname(listener));
        const late = fixture.tcp({ nonblocking: true });
        assertFails(tryConnect(late, getsockname(listener)), "ConnectionPending");
        fixture.own(accept(listener).socket);
      });
      assert.equal(told.limit, "backlog");
      assert.match(told.message, /pass a larger one/);
    },
  },
  {
    clause: "ends when the listener is closed",
    source: "berkeley",
    except: linuxOnly,
    run(fixture) {
      const listener = fixture.listener(0);
      const watch = watchQueue(listener, () => {}, { interval: 1 });
      close(listener);
      watch.stop();
      watch.stop();
    },
  },
  {
    clause: "is refused where the system does not count what it drops",
    source: "berkeley",
    except: { linux: "Linux counts it" },
    run(fixture) {
      assert.throws(() => watchQueue(fixture.listener(0), () => {}), /watchQueue\(\) is not supported on/);
      assert.equal(netstat(), undefined);
    },
  },
  {
    clause: "takes nothing but a TCP listener",
    source: "berkeley",
    except: linuxOnly,
    run(fixture) {
      const unix = fixture.socket(AF.UNIX, SOCK.STREAM);
      bind(unix, fixture.abstractAddress());
      listen(unix, 1);
      for (const socket of [fixture.tcp(), fixture.udp(), unix]) {
        assert.throws(() => watchQueue(socket, () => {}), TypeError);
      }
      const listener = fixture.listener(1);
      // @ts-expect-error not a function
      assert.throws(() => watchQueue(listener, "handler"), TypeError);
      assert.throws(() => watchQueue(listener, () => {}, { interval: 0 }), RangeError);
      assert.throws(() => watchQueue(listener, () => {}, { backlog: -1 }), RangeError);
      assert.throws(() => watchQueue(listener, () => {}, { interval: 3_600_001 }), RangeError);
      watchQueue(listener, () => {}, { interval: 3_600_000, backlog: 0 }).stop();
    },
  },
]);

const none: Netstat = {
  ListenOverflows: 0,
  ListenDrops: 0,
  TCPReqQFullDrop: 0,
  TCPReqQFullDoCookies: 0,
  SyncookiesSent: 0,
  SyncookiesRecv: 0,
  SyncookiesFailed: 0,
};

function seen(pending: number, limit: number, drops: number, counters: Partial<Netstat> = {}): QueueSample {
  return { queue: { pending, limit }, drops, counters: { ...none, ...counters } };
}

const rows: readonly [
  string,
  QueueSample,
  QueueSample,
  number | undefined,
  QueueDrop["limit"] | undefined,
][] = [
  ["nothing was dropped", seen(9, 8, 5), seen(9, 8, 5), undefined, undefined],
  ["full before and after", seen(9, 8, 0), seen(9, 8, 3), undefined, "slow accept"],
  ["full after", seen(0, 8, 0), seen(9, 8, 3), 8, "backlog"],
  ["overflowed in between", seen(0, 8, 0), seen(0, 8, 3, { ListenOverflows: 3 }), 8, "backlog"],
  ["capped", seen(0, 8, 0), seen(9, 8, 3), 1000, "somaxconn"],
  [
    "as large as the system allows",
    seen(0, somaxconn, 0),
    seen(somaxconn + 1, somaxconn, 3),
    undefined,
    hostTables.listenerCounters.somaxconn() === undefined ? "backlog" : "somaxconn",
  ],
  ["incomplete connections", seen(0, 8, 0), seen(0, 8, 3, { TCPReqQFullDrop: 3 }), 8, "tcp_syncookies"],
  ["none of these", seen(0, 8, 0), seen(0, 8, 3), 8, syncookies === "0" ? "tcp_max_syn_backlog" : "other"],
];

for (const [title, before, now, asked, limit] of rows) {
  test(`which limit is to blame: ${title}`, () => {
    const drop = dropBetween(before, now, asked);
    assert.equal(drop?.limit, limit);
    if (drop === undefined) return;
    assert.deepEqual([drop.dropped, drop.queue], [3, now.queue]);
    // The sysctl to change, or the limit of the queue.
    assert.match(drop.message, /^3 dropped: (?!undefined)\S/);
    if (limit?.includes("_") || limit === "somaxconn") assert.ok(drop.message.includes(limit));
    else if (limit !== "other") assert.match(drop.message, new RegExp(`\\b${now.queue.limit}\\b`));
  });
}

test("the kernel's 32-bit counter may wrap around", () => {
  assert.equal(dropBetween(seen(0, 8, 2 ** 32 - 1), seen(0, 8, 2))?.dropped, 3);
});
