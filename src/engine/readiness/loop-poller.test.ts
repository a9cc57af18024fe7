import { acceptorSuite } from "../../../test/engine/acceptor-suite.ts";
import { connectSuite } from "../../../test/engine/connect-suite.ts";
import { datagramsSuite } from "../../../test/engine/datagrams-suite.ts";
import { releaseSuite } from "../../../test/engine/release-suite.ts";
import { streamSuite } from "../../../test/engine/stream-suite.ts";
import { hasReadinessQueue } from "../../system/host-readiness-queue.ts";
import { hasLibuv } from "../wake.ts";
import { openLoopPoller } from "./loop-poller.ts";
import { ReadinessEngine } from "./readiness.ts";

// libuv waits for sockets on every system: what Windows is served by runs here, too. There,
// readiness.test.ts runs on it.
if (hasLibuv && hasReadinessQueue) {
  const engine = new ReadinessEngine(undefined, openLoopPoller);
  acceptorSuite(engine);
  connectSuite(engine);
  datagramsSuite(engine);
  releaseSuite(engine);
  streamSuite(engine);
}
