// Under the fake timers of Jest, and after them.
import { jest } from "@jest/globals";
import { roundTrips } from "./round-trips.mjs";

const expected = ["TimeoutError", "ours", "node's"];

test("connections go on under fake timers", async () => {
  // node:net itself needs process.nextTick().
  jest.useFakeTimers({ doNotFake: ["nextTick"] });
  expect(await roundTrips()).toEqual(expected);
  jest.useRealTimers();
  expect(await roundTrips()).toEqual(expected);
});
