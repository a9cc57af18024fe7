import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { loopback } from "../../test/fixture.ts";
import { accept, tryAccept } from "./accept.ts";
import { acceptQueue } from "./accept-queue.ts";
import { bind } from "./bind.ts";
import { close } from "./close.ts";
import { connect } from "./connect.ts";
import { AF, SOCK } from "./constants.ts";
import { getsockname } from "./getsockname.ts";
import { listen } from "./listen.ts";
import { socket } from "./socket.ts";

// Run by accept.test.ts with a low descriptor limit: all descriptors are in use when a connection
// waits.
using server = socket(AF.INET, SOCK.STREAM);
bind(server, loopback);
listen(server, 1);
using client = socket(AF.INET, SOCK.STREAM);
connect(client, getsockname(server));
const files: number[] = [];
try {
  for (;;) files.push(openSync("/dev/null", "r"));
} catch {
  // EMFILE: that was the last one.
}
const result = tryAccept(server);
assert.ok(!result.ok && result.error.name === "ProcessFdQuotaExceeded");
assert.equal(result.error.code, "EMFILE");
assert.deepEqual(acceptQueue(server), { pending: 1, limit: 1 });
for (const file of files) closeSync(file);
close(accept(server).socket);
