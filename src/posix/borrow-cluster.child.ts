import assert from "node:assert/strict";
import cluster from "node:cluster";
import { once } from "node:events";
import { createServer } from "node:net";
import { SO } from "../options/so.ts";
import { getsockopt } from "./getsockopt.ts";
import { listen, tryListen } from "./listen.ts";

// With round-robin scheduling, the primary process has the listening socket, and the worker's
// server has no descriptor.
if (cluster.isPrimary) {
  cluster.schedulingPolicy = cluster.SCHED_RR;
  const [status] = await once(cluster.fork(), "exit");
  assert.equal(status, 0);
} else {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  assert.throws(() => tryListen(server, 1), {
    name: "TypeError",
    message: /socket is a Server without a descriptor: a cluster's primary process owns it/,
  });
  assert.throws(() => getsockopt(server, SO.ACCEPTCONN), TypeError);
  assert.throws(() => listen(server, 1), TypeError);
  server.close();
  process.disconnect();
}
