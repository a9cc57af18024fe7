import assert from "node:assert/strict";
import { test } from "node:test";
import { scripted } from "../../test/scripted/scripted.ts";
import { AF, SOCK } from "../posix/constants.ts";
import { getsockopt } from "../posix/getsockopt.ts";
import { setsockopt } from "../posix/setsockopt.ts";
import { socket } from "../posix/socket.ts";
import { SO } from "./so.ts";

test("rejects a value that is not an option, or not readable or writable, before any system call", () => {
  const system = scripted({});
  using client = socket(AF.INET, SOCK.STREAM, 0, { system });
  const before = system.calls.length;
  for (const value of [undefined, null, "SO_TYPE", 3, {}, [], () => SO.TYPE]) {
    // @ts-expect-error no option
    assert.throws(() => getsockopt(client, value), {
      name: "TypeError",
      message: /^option must be an option such as SO\./,
    });
    // @ts-expect-error no option
    assert.throws(() => setsockopt(client, value, true), {
      name: "TypeError",
      message: /^option must be an option such as SO\./,
    });
  }
  // @ts-expect-error it is read-only
  assert.throws(() => setsockopt(client, SO.TYPE, 1), /^TypeError: SO_TYPE can only be read$/);
  assert.equal(system.calls.length, before);
});
