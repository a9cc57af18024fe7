// The suites on a loop that watches the ring itself, as on kernels that lose eventfd signals.
import { test } from "node:test";
import { everySuite } from "../../../test/engine/every-suite.ts";
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
  everySuite(uring);
} else {
  test("uring: watches the ring", { skip: "only libuv's loop watches it well enough" }, () => {});
}
