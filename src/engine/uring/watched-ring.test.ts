// The suites on a loop that watches the ring itself, as where signals of the eventfd are lost.
import { test } from "node:test";
import { acceptorSuite } from "../../../test/engine/acceptor-suite.ts";
import { connectSuite } from "../../../test/engine/connect-suite.ts";
import { datagramsSuite } from "../../../test/engine/datagrams-suite.ts";
import { lifeSuite } from "../../../test/engine/life-suite.ts";
import { releaseSuite } from "../../../test/engine/release-suite.ts";
import { streamSuite } from "../../../test/engine/stream-suite.ts";
import { textSuite } from "../../../test/engine/text-suite.ts";
import { hasLibuv } from "../wake.ts";
import { Loop } from "./loop.ts";
import { Ring } from "./ring.ts";
import { setupRing } from "./ring-setup.ts";
import { uringOn } from "./uring.ts";

let loop: Loop | undefined;
const uring = uringOn(() => {
  loop ??= new Loop(new Ring(setupRing(), "ring"));
  return loop;
});

// Elsewhere a thread polls, and io_uring is not used where the ring would have to be watched.
if (hasLibuv) {
  acceptorSuite(uring);
  connectSuite(uring);
  datagramsSuite(uring);
  lifeSuite(uring);
  releaseSuite(uring);
  streamSuite(uring);
  textSuite(uring);
} else {
  test("uring: watches the ring", { skip: "only libuv's loop watches it well enough" }, () => {});
}
