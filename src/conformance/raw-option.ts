import assert from "node:assert/strict";
import type { Socket } from "../posix/owned-socket.ts";

/** Sets an option by its C name, in bytes: what a test needs of options that are another test's subject. */
export function setOption({ system, fd }: Socket, name: string, value: number | Uint8Array): void {
  const option = system.options[name];
  assert.ok(option !== undefined, name);
  const bytes = typeof value === "number" ? new Uint8Array(Int32Array.of(value).buffer) : value;
  system.option.bytes.set(bytes);
  system.option.length = bytes.byteLength;
  assert.equal(system.setsockopt(fd, option.level, option.number, system.option), 0, name);
}

/** Sets SO_RCVTIMEO or SO_SNDTIMEO. */
export function setTimeout(socket: Socket, name: "SO_RCVTIMEO" | "SO_SNDTIMEO", milliseconds: number): void {
  const timeval = new BigInt64Array([
    BigInt(Math.floor(milliseconds / 1000)),
    BigInt((milliseconds % 1000) * 1000),
  ]);
  setOption(socket, name, new Uint8Array(timeval.buffer));
}
