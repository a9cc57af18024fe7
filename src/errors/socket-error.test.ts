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

test("an error is made without a stack, and Error.stackTraceLimit is as it was", () => {
  const { stackTraceLimit } = Error;
  assert.doesNotMatch(new SocketError(init).stack ?? "", /\n +at /);
  assert.equal(Error.stackTraceLimit, stackTraceLimit);
});

test("an error is made where Error.stackTraceLimit may not be written, as by node --frozen-intrinsics", () => {
  Object.defineProperty(Error, "stackTraceLimit", { writable: false });
  try {
    assert.equal(new SocketError(init).name, "AddressInUse");
  } finally {
    Object.defineProperty(Error, "stackTraceLimit", { writable: true });
  }
});
