import assert from "node:assert/strict";
import { test } from "node:test";
import { scripted } from "../../test/scripted/scripted.ts";
import { accept } from "./accept.ts";
import { AF, SOCK } from "./constants.ts";
import { socket } from "./socket.ts";
import { socketpair } from "./socketpair.ts";

test("options of the wrong type are rejected, before any system call", () => {
  const system = scripted({});
  using listener = socket(AF.INET, SOCK.STREAM, 0, { system });
  const before = system.calls.length;
  for (const text of ["null", "5", '{ "nonblocking": "no" }', '{ "closeOnExec": 0 }']) {
    const given = JSON.parse(text);
    const options = typeof given === "object" && given !== null ? { ...given, system } : given;
    const problem = /^(options|nonblocking|closeOnExec) must be /;
    assert.throws(() => socket(AF.INET, SOCK.STREAM, 0, options), { name: "TypeError", message: problem });
    assert.throws(() => socketpair(AF.UNIX, SOCK.STREAM, 0, options), {
      name: "TypeError",
      message: problem,
    });
    assert.throws(() => accept(listener, options), { name: "TypeError", message: problem });
  }
  assert.equal(system.calls.length, before, system.calls.join());
});
