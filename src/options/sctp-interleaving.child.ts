// Run in its own network namespace, which has its own settings.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { assertFails } from "../../test/conformance.ts";
import { AF, IPPROTO, SOCK } from "../posix/constants.ts";
import { getsockopt } from "../posix/getsockopt.ts";
import { setsockopt, trySetsockopt } from "../posix/setsockopt.ts";
import { socket } from "../posix/socket.ts";
import { SCTP } from "./sctp.ts";

const setting = "/proc/sys/net/sctp/intl_enable";
writeFileSync(setting, "0");
using made = socket(AF.INET, SOCK.SEQPACKET, IPPROTO.SCTP);
const set = () => trySetsockopt(made, SCTP.INTERLEAVING_SUPPORTED, { value: 1 });
setsockopt(made, SCTP.FRAGMENT_INTERLEAVE, 1);
assertFails(set(), "PermissionDenied", "EPERM");
writeFileSync(setting, "1");
setsockopt(made, SCTP.FRAGMENT_INTERLEAVE, 0);
assertFails(set(), "PermissionDenied", "EPERM");
setsockopt(made, SCTP.FRAGMENT_INTERLEAVE, 1);
assert.ok(set().ok);
assert.equal(getsockopt(made, SCTP.INTERLEAVING_SUPPORTED).value, 1);
