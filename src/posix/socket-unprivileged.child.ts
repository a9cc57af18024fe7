import assert from "node:assert/strict";
import { assertFails } from "../../test/conformance.ts";
import { becomeUnprivileged } from "../../test/unprivileged.ts";
import { AF, IPPROTO, SOCK } from "./constants.ts";
import { trySocket } from "./socket.ts";

becomeUnprivileged();
const error = assertFails(trySocket(AF.INET, SOCK.RAW, IPPROTO.ICMP), "PermissionDenied", "EPERM");
assert.match(error.message, /CAP_NET_RAW/);
assertFails(trySocket(AF.INET6, SOCK.RAW, IPPROTO.ICMPV6), "PermissionDenied", "EPERM");
assertFails(trySocket(AF.PACKET, SOCK.DGRAM), "PermissionDenied", "EPERM");
