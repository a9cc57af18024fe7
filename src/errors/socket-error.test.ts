import assert from "node:assert/strict";
import { test } from "node:test";
import { SocketError } from "./socket-error.ts";

const init = {
  name: "AddressInUse",
  message: "listen EADDRINUSE",
  code: "EADDRINUSE",
  errno: -98,
  syscall: "listen",
} as const;

test("creating an error captures no stack, and leaves Error.stackTraceLimit unchanged", () => {
  const { stackTraceLimit } = Error;
  assert.doesNotMatch(new SocketError(init).stack ?? "", /\n +at /);
  assert.equal(Error.stackTraceLimit, stackTraceLimit);
});

test("creating an error works if Error.stackTraceLimit is read-only, as with node --frozen-intrinsics", () => {
  Object.defineProperty(Error, "stackTraceLimit", { writable: false });
  try {
    assert.equal(new SocketError(init).name, "AddressInUse");
  } finally {
    Object.defineProperty(Error, "stackTraceLimit", { writable: true });
  }
});
