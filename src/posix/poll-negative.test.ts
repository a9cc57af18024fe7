import assert from "node:assert/strict";
import { conformance } from "../../test/conformance.ts";
import { POLL } from "./constants.ts";
import { poll } from "./poll.ts";

conformance("poll", [
  {
    clause: "a negative descriptor is ignored, and its revents are 0: it is not among the ready ones",
    source: "poll(2), DESCRIPTION; POSIX: if the value of fd is less than 0, events shall be ignored",
    run(fixture) {
      const [left] = fixture.pair();
      const negative = [-1, -5, -0x80000000].map((socket) => ({ socket, events: POLL.IN | POLL.OUT }));
      assert.deepEqual(poll(negative, 0), []);
      assert.deepEqual(poll([...negative, { socket: left, events: POLL.OUT }, ...negative], 0), [
        { socket: left, revents: POLL.OUT },
      ]);
      for (const socket of [Number.NaN, -1.5, -0x80000001])
        assert.throws(() => poll([{ socket, events: POLL.IN }], 0), RangeError);
      assert.throws(() => poll([{ socket: -1, events: -1 }], 0), RangeError);
    },
  },
]);
