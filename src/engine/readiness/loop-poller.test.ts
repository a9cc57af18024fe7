import { acceptorSuite } from "../../conformance/engine/acceptor-suite.ts";
import { connectSuite } from "../../conformance/engine/connect-suite.ts";
import { datagramsSuite } from "../../conformance/engine/datagrams-suite.ts";
import { streamSuite } from "../../conformance/engine/stream-suite.ts";
import { hasReadinessQueue } from "../../system/host-readiness-queue.ts";
import { hasLibuv } from "../wake.ts";
import { openLoopPoller } from "./loop-poller.ts";
import { ReadinessEngine } from "./readiness.ts";

// libuv waits for sockets on every system: what Windows is served by runs here, too. There, readiness.test.ts runs on it.
if (hasLibuv && hasReadinessQueue) {
  const engine = new ReadinessEngine(undefined, openLoopPoller);
  acceptorSuite(engine);
  connectSuite(engine);
  datagramsSuite(engine);
  streamSuite(engine);
}
