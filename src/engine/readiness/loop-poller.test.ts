import { everySuite } from "../../../test/engine/every-suite.ts";
import { host } from "../../system/host.ts";
import { hasReadinessQueue } from "../../system/host-readiness-queue.ts";
import { hasLibuv } from "../wake.ts";
import { openLoopPoller } from "./loop-poller.ts";
import { ReadinessEngine } from "./readiness.ts";

// libuv polls sockets on every system, so the poller for Windows runs here too. On Windows,
// readiness.test.ts uses it.
if (hasLibuv && hasReadinessQueue) {
  everySuite(new ReadinessEngine(host, openLoopPoller));
}
