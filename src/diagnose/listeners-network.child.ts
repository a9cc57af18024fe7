// Compares listeners() with ss(8) for a mixed bag of listeners, in its own network namespace.
import assert from "node:assert/strict";
import { mixedBag, mixedBagCounts } from "../../test/mixed-bag.ts";
import { ip } from "../../test/network-namespace.ts";
import { asSsTells, ss } from "../../test/ss.ts";
import { hostTables } from "../system/this-host.ts";
import { listeners } from "./listeners.ts";

/** Where RDS is loaded, the kernel listens in each namespace: RDS_TCP_PORT in net/rds/tcp.h. */
const RDS = /^tcp \d+ \*:16385 0\/64 $/;

ip("link set lo up");
const ends: (() => Promise<void>)[] = [];
try {
  await mixedBag({ after: (end) => ends.push(end) });
  assert.deepEqual(asSsTells(listeners(), "tcp"), ss("tcp"));
  const all = listeners({ all: true });
  for (const protocol of ["tcp", "udp", "unix"] as const) {
    const told = ss(protocol);
    const bag = told.filter((line) => !RDS.test(line));
    assert.equal(bag.length, mixedBagCounts[protocol], told.join("\n"));
    assert.deepEqual(asSsTells(all, protocol), told);
  }
  const bound = all.filter(({ socket }) => socket.protocol === "tcp" && socket.use === "bound");
  // Before Linux 6.8, the kernel does not report it.
  assert.equal(bound.length, hostTables.sockets.lacksBoundSockets("tcp") ? 0 : 1);
} finally {
  for (const end of ends.toReversed()) await end();
}
