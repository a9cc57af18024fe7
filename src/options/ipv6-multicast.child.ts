import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { type MulticastGroup, multicast6 } from "../../test/multicast.ts";
import { setsockopt } from "../posix/setsockopt.ts";
import { socket } from "../posix/socket.ts";
import { host } from "../system/host.ts";
import { IPV6 } from "./ipv6.ts";
import type { WritableOption } from "./option.ts";
import type { GroupReq } from "./structures/group-req.ts";
import type { Ipv6Mreq } from "./structures/ipv6-mreq.ts";

// Run in its own network namespace by ipv6.test.ts. Linux refuses multicast on the loopback
// interface (fib6_nh_init in net/ipv6/route.c), so it is sent on one end of a veth pair, where
// MULTICAST_LOOP brings it back.
const SOURCE = "2001:db8::1";
const OTHER = "2001:db8::2";
ip("link", "set", "lo", "up");
ip("link", "add", "end0", "type", "veth", "peer", "name", "end1");
for (const end of ["end0", "end1"]) ip("link", "set", end, "up");
for (const address of [SOURCE, OTHER]) ip("-6", "address", "add", `${address}/64`, "dev", "end0", "nodad");
const INTERFACE = host.if_nametoindex("end0");

function ip(...args: string[]): void {
  const { status, error, stderr } = spawnSync("ip", args, { encoding: "utf8" });
  assert.equal(status, 0, error?.message ?? stderr);
}

let lastGroup = 0;

/** A group that the receiver has not joined. */
function group(): MulticastGroup & { readonly mreq: Ipv6Mreq; readonly req: GroupReq } {
  const address = `ff15::66${++lastGroup}`;
  return {
    ...multicast6({ socket }, address, INTERFACE),
    mreq: { multiaddr: address, ifindex: INTERFACE },
    req: { group: address, interface: INTERFACE },
  };
}

function comesAndGoes(
  join: WritableOption<Ipv6Mreq & GroupReq>,
  leave: WritableOption<Ipv6Mreq & GroupReq>,
): void {
  const { receiver, comesFrom, staysOutFrom, mreq, req } = group();
  staysOutFrom(SOURCE);
  setsockopt(receiver, join, { ...mreq, ...req });
  comesFrom(SOURCE);
  setsockopt(receiver, leave, { ...mreq, ...req });
  staysOutFrom(SOURCE);
}

comesAndGoes(IPV6.ADD_MEMBERSHIP, IPV6.DROP_MEMBERSHIP);
comesAndGoes(IPV6.JOIN_GROUP, IPV6.LEAVE_GROUP);
comesAndGoes(IPV6.MCAST_JOIN_GROUP, IPV6.MCAST_LEAVE_GROUP);

const included = group();
setsockopt(included.receiver, IPV6.MCAST_JOIN_SOURCE_GROUP, { ...included.req, source: SOURCE });
included.comesFrom(SOURCE);
included.staysOutFrom(OTHER);
setsockopt(included.receiver, IPV6.MCAST_LEAVE_SOURCE_GROUP, { ...included.req, source: SOURCE });
included.staysOutFrom(SOURCE);
included.staysOutFrom(OTHER);

const excluded = group();
setsockopt(excluded.receiver, IPV6.MCAST_JOIN_GROUP, excluded.req);
setsockopt(excluded.receiver, IPV6.MCAST_BLOCK_SOURCE, { ...excluded.req, source: SOURCE });
excluded.staysOutFrom(SOURCE);
excluded.comesFrom(OTHER);
setsockopt(excluded.receiver, IPV6.MCAST_UNBLOCK_SOURCE, { ...excluded.req, source: SOURCE });
excluded.comesFrom(SOURCE);
excluded.comesFrom(OTHER);

const filtered = group();
setsockopt(filtered.receiver, IPV6.MCAST_JOIN_GROUP, filtered.req);
setsockopt(filtered.receiver, IPV6.MCAST_MSFILTER, { ...filtered.req, fmode: "include", slist: [OTHER] });
filtered.staysOutFrom(SOURCE);
filtered.comesFrom(OTHER);
setsockopt(filtered.receiver, IPV6.MCAST_MSFILTER, { ...filtered.req, fmode: "exclude", slist: [OTHER] });
filtered.comesFrom(SOURCE);
filtered.staysOutFrom(OTHER);
