import assert from "node:assert/strict";
import type { Result } from "../src/errors/result.ts";
import type { SocketError } from "../src/errors/socket-error.ts";
import { close } from "../src/posix/close.ts";
import { AF, SOCK } from "../src/posix/constants.ts";
import type { Socket } from "../src/posix/owned-socket.ts";
import { socket } from "../src/posix/socket.ts";
import { closeDescriptor } from "./close-descriptor.ts";
import { assertFails, type KernelRow, type ScriptedRow } from "./conformance.ts";
import type { Exceptions } from "./platform.ts";

type Call = (socket: Socket) => Result<unknown, SocketError>;

/** Why a call reports ENOTSOCK for a closed handle. */
const handles: Exceptions = { windows: "a handle that is closed is WSAENOTSOCK to Windows, not EBADF" };

/** A row of a call whose descriptor other code has closed. */
export function closedBehindOurBack(source: string, call: Call, except: Exceptions = handles): KernelRow {
  return {
    clause: "EBADF: the descriptor was closed behind our back",
    source,
    except,
    run(fixture) {
      const made = fixture.tcp();
      closeDescriptor(made.fd);
      assertFails(call(made), "BadFileDescriptor", "EBADF");
      made.detach();
    },
  };
}

/** A row of a call on a Socket that the program has closed. */
export function closedSocket(call: Call): ScriptedRow {
  return {
    clause: "a closed Socket makes no system call",
    source: "berkeley",
    script: {},
    play(system) {
      const made = socket(AF.INET, SOCK.STREAM, 0, { system });
      close(made);
      const before = system.calls.length;
      assertFails(call(made), "SocketClosed", "EBADF");
      assert.equal(system.calls.length, before);
    },
  };
}
