// Run with a low descriptor limit: the new socket is made before its descriptor.
import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { assertFails } from "../../test/conformance.ts";
import { SCTP } from "../options/sctp.ts";
import { bind } from "./bind.ts";
import { AF, IPPROTO, SOCK } from "./constants.ts";
import { getsockname } from "./getsockname.ts";
import { getsockopt } from "./getsockopt.ts";
import { listen } from "./listen.ts";
import { tryRecv } from "./recv.ts";
import { sctp_connectx } from "./sctp_connectx.ts";
import { trySctp_peeloff } from "./sctp_peeloff.ts";
import { socket } from "./socket.ts";

using receiver = socket(AF.INET, SOCK.SEQPACKET, IPPROTO.SCTP);
bind(receiver, { family: "ipv4", address: "127.0.0.1", port: 0 });
listen(receiver, 1);
const name = getsockname(receiver);
assert.ok(name.family === "ipv4");
using client = socket(AF.INET, SOCK.SEQPACKET, IPPROTO.SCTP);
const assocId = sctp_connectx(client, [name]);
const fillers: number[] = [];
try {
  for (;;) fillers.push(openSync("/dev/null", "r"));
} catch {
  // Every number is now in use.
}
assertFails(trySctp_peeloff(client, assocId), "ProcessFdQuotaExceeded", "EMFILE");
for (const fd of fillers) closeSync(fd);
assert.deepEqual(getsockopt(client, SCTP.GET_ASSOC_ID_LIST), []);
assertFails(trySctp_peeloff(client, assocId), "InvalidArgument", "EINVAL");
assert.equal(tryRecv(client, new Uint8Array(1), 0x40).ok, false);
