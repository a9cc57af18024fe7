import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { AF, SOCK } from "../posix/constants.ts";
import { setsockopt } from "../posix/setsockopt.ts";
import { socket } from "../posix/socket.ts";
import { IPV6 } from "./ipv6.ts";

// Run in its own network namespace by ipv6.test.ts: a host may join only anycast addresses of
// its interface's prefix, a router any (ipv6_sock_ac_join in net/ipv6/anycast.c).
writeFileSync("/proc/sys/net/ipv6/conf/all/forwarding", "1");
const addresses = () => readFileSync("/proc/self/net/anycast6", "utf8");
const line = /lo +20010db8000000000000000000000077 /;
const request = { multiaddr: "2001:db8::77", ifindex: 1 };

using taker = socket(AF.INET6, SOCK.DGRAM);
assert.doesNotMatch(addresses(), line);
setsockopt(taker, IPV6.JOIN_ANYCAST, request);
assert.match(addresses(), line);
setsockopt(taker, IPV6.LEAVE_ANYCAST, request);
assert.doesNotMatch(addresses(), line);
