// When undecided bytes are decided to be a header or not, with a manual clock.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Fixture } from "../../../test/fixture.ts";
import { ManualClock } from "../../../test/manual-clock.ts";
import { except } from "../../../test/platform.ts";
import { SHUT } from "../../posix/constants.ts";
import { send } from "../../posix/send.ts";
import { setNonblocking } from "../../posix/setNonblocking.ts";
import { shutdown } from "../../posix/shutdown.ts";
import { host } from "../../system/host.ts";
import { HeaderReader } from "./header-reader.ts";

const noPairs = { windows: "its socketpair() makes TCP connections only" };

/** Once bytes have arrived, it does not wait for the socket to be readable. */
const noPoll = () => assert.fail("it waited, though bytes are there");

/** Starts a reader for a peer's bytes, and returns the clock and the results. */
function start(context: TestContext, text: string, timeout = Number.POSITIVE_INFINITY) {
  const fixture = new Fixture(context);
  context.after(() => fixture.closeAll());
  const [peer, own] = fixture.pair();
  setNonblocking(own, true);
  send(peer, Buffer.from(text));
  const clock = new ManualClock();
  const delays: number[] = [];
  const setTimeout = (call: () => void, milliseconds: number) => {
    delays.push(milliseconds);
    return clock.setTimeout(call, milliseconds);
  };
  const system = { ...host, clock: { ...clock, setTimeout } };
  const outcomes: string[] = [];
  const reader = new HeaderReader({ system, poll: noPoll }, own.fd, { optional: true, timeout }, ({ kind }) =>
    outcomes.push(kind),
  );
  reader.start();
  return { peer, clock, delays, outcomes };
}

test(
  "undecided bytes are checked less and less often, and are not a header after 5 s",
  except(noPairs),
  (context) => {
    const { clock, delays, outcomes } = start(context, "PRO");
    let passed = 0;
    while (outcomes.length === 0) {
      const delay = delays.at(-1) ?? 0;
      passed += delay;
      clock.tick(delay);
    }
    assert.deepEqual(delays.slice(0, 8), [5, 10, 20, 40, 80, 160, 200, 200]);
    assert.equal(passed, 5000);
    assert.deepEqual([outcomes, clock.pending], [["none"], 0]);
  },
);

test("after more undecided bytes, it checks again soon", except(noPairs), (context) => {
  const { peer, clock, delays, outcomes } = start(context, "P");
  for (let looks = 0; looks < 4; looks++) clock.tick(delays.at(-1) ?? 0);
  const slow = delays.at(-1) ?? 0;
  send(peer, Buffer.from("R"));
  clock.tick(slow);
  assert.equal(delays.at(-1), 5);
  assert.ok(slow > 5);
  send(peer, Buffer.from("INT"));
  clock.tick(5);
  assert.deepEqual([outcomes, clock.pending], [["none"], 0]);
});

test("the peer's end decides at the next check, not after 5 s", except(noPairs), (context) => {
  const { peer, clock, delays, outcomes } = start(context, "PRO");
  shutdown(peer, SHUT.WR);
  clock.tick(delays.at(-1) ?? 0);
  assert.deepEqual([delays, outcomes, clock.pending], [[5], ["none"], 0]);
});

test("a timeout decides earlier", except(noPairs), (context) => {
  const { clock, outcomes } = start(context, "PRO", 3);
  clock.tick(3);
  assert.deepEqual([outcomes, clock.pending], [["none"], 0]);
});
