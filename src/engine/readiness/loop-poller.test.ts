import { acceptorSuite } from "../../../test/engine/acceptor-suite.ts";
import { connectSuite } from "../../../test/engine/connect-suite.ts";
import { datagramsSuite } from "../../../test/engine/datagrams-suite.ts";
import { releaseSuite } from "../../../test/engine/release-suite.ts";
import { streamSuite } from "../../../test/engine/stream-suite.ts";
import { host } from "../../system/host.ts";
import { hasReadinessQueue } from "../../system/host-readiness-queue.ts";
import { hasLibuv } from "../wake.ts";
import { openLoopPoller } from "./loop-poller.ts";
import { ReadinessEngine } from "./readiness.ts";

// libuv polls sockets on every system, so the poller for Windows runs here too. On Windows,
// readiness.test.ts uses it.
if (hasLibuv && hasReadinessQueue) {
  const engine = new ReadinessEngine(host, openLoopPoller);
  acceptorSuite(engine);
  connectSuite(engine);
  datagramsSuite(engine);
  releaseSuite(engine);
  streamSuite(engine);
}
