// Under the fake timers of Vitest, and after them.
import { expect, test, vi } from "vitest";
import { roundTrips } from "./round-trips.mjs";

const expected = ["TimeoutError", "ours", "node's"];

test("connections go on under fake timers", async () => {
  vi.useFakeTimers();
  expect(await roundTrips()).toEqual(expected);
  vi.useRealTimers();
  expect(await roundTrips()).toEqual(expected);
});
