import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { closedBehindOurBack, closedSocket } from "../../test/closed-rows.ts";
import { closesOnExec } from "../../test/closes-on-exec.ts";
import { assertFails, conformance, documentedErrors } from "../../test/conformance.ts";
import { inheritedFlags } from "../../test/inherited-flags.ts";
import { pass } from "../../test/pass-descriptors.ts";
import { scriptedWinsock } from "../../test/scripted/scripted-winsock.ts";
import { LENGTH_SIZE, ValueResult } from "../system/value-result.ts";
import { windowsOver } from "../system/windows/windows.ts";
import { AF, SOCK } from "./constants.ts";
import { dup } from "./dup.ts";
import { getCloseOnExec, getCloseOnExecErrors, tryGetCloseOnExec } from "./getCloseOnExec.ts";
import { Socket } from "./owned-socket.ts";
import { setCloseOnExec } from "./setCloseOnExec.ts";
import { socket } from "./socket.ts";

const FCNTL = "POSIX fcntl(3p), F_GETFD, FD_CLOEXEC";

conformance("getCloseOnExec", [
  {
    clause: "the flag is set unless told otherwise, by Socket and by number",
    source: FCNTL,
    run(fixture) {
      for (const closeOnExec of [true, false]) {
        for (const made of [fixture.tcp({ closeOnExec }), fixture.udp({ closeOnExec })]) {
          assert.equal(getCloseOnExec(made), closeOnExec);
          assert.equal(getCloseOnExec(made.fd), closeOnExec);
        }
      }
    },
  },
  {
    clause: "it is what setCloseOnExec() has set, and what the system says of the descriptor",
    source: FCNTL,
    run(fixture) {
      const made = fixture.tcp();
      for (const closeOnExec of [false, false, true, true, false]) {
        setCloseOnExec(made, closeOnExec);
        assert.equal(getCloseOnExec(made), closeOnExec);
        assert.equal(closesOnExec(made.fd), closeOnExec);
      }
    },
  },
  {
    clause: "the non-blocking mode is not taken for it",
    source: "POSIX fcntl(3p): file descriptor flags, and file status flags",
    run(fixture) {
      for (const closeOnExec of [true, false])
        assert.equal(getCloseOnExec(fixture.tcp({ closeOnExec, nonblocking: true })), closeOnExec);
    },
  },
  {
    clause: "the flag is the descriptor's, not the open socket's",
    source: "POSIX fcntl(3p), F_GETFD: file descriptor flags are of one file descriptor",
    run(fixture) {
      const made = fixture.tcp({ closeOnExec: false });
      const copy = fixture.own(dup(made));
      assert.deepEqual([getCloseOnExec(made), getCloseOnExec(copy)], [false, true]);
      setCloseOnExec(copy, false);
      setCloseOnExec(made, true);
      assert.deepEqual([getCloseOnExec(made), getCloseOnExec(copy)], [true, false]);
    },
  },
  {
    clause: "a received socket has the flag, whatever the sender's has",
    source: "recvmsg(2), MSG_CMSG_CLOEXEC",
    except: { windows: "Windows has no SCM_RIGHTS" },
    run(fixture) {
      const sent = [fixture.udp({ closeOnExec: true }), fixture.udp({ closeOnExec: false })];
      for (const received of pass(fixture, sent)) assert.equal(getCloseOnExec(received), true);
    },
  },
  {
    clause: "an inherited socket has no flag, but that which Node sets on low descriptors as it starts",
    source: "POSIX exec(3p), DESCRIPTION; uv_disable_stdio_inheritance in libuv's src/unix/process.c",
    except: {
      bun: "Bun sets the flag on some of what it inherits",
      deno: "Deno passes descriptors 3 and 4 to a child, but not 64",
      windows: "Windows' programs do not inherit descriptors by number",
    },
    run(fixture) {
      const made = fixture.tcp();
      const flags = inheritedFlags({ 3: made, 64: made });
      assert.deepEqual(
        flags.map(({ closeOnExec }) => closeOnExec),
        [true, false],
      );
    },
  },
  {
    clause: "a file has the flag, too",
    source: FCNTL,
    except: { windows: "a descriptor of C's is no handle" },
    run() {
      const file = openSync("/dev/null", "r");
      assert.equal(getCloseOnExec(file), true);
      setCloseOnExec(file, false);
      assert.equal(getCloseOnExec(file), false);
      closeSync(file);
    },
  },
  {
    clause: "EBADF: Windows knows no such handle; of one that it knows, other flags are not taken for it",
    source: "handleapi.h, GetHandleInformation",
    script: {},
    play() {
      const buffer = (size: number) => new ValueResult(new ArrayBuffer(LENGTH_SIZE + size));
      const winsock = scriptedWinsock({ function: "listen", code: 0 });
      const over = (flags: number | undefined) => {
        const GetHandleInformation = (_handle: number, into: Uint8Array) => {
          new DataView(into.buffer).setUint32(0, flags ?? 0, true);
          return flags === undefined ? 0 : 1;
        };
        return Socket.adopt(windowsOver({ ...winsock, GetHandleInformation }, false, buffer), 1000, 2, 1, 0);
      };
      using unknown = over(undefined);
      assertFails(tryGetCloseOnExec(unknown), "BadFileDescriptor", "EBADF");
      // HANDLE_FLAG_PROTECT_FROM_CLOSE is 2, HANDLE_FLAG_INHERIT 1.
      for (const [flags, closeOnExec] of [
        [0, true] as const,
        [1, false] as const,
        [2, true] as const,
        [3, false] as const,
      ]) {
        using made = over(flags);
        assert.equal(getCloseOnExec(made), closeOnExec);
      }
    },
  },
  closedBehindOurBack("POSIX fcntl(3p), ERRORS", (socket) => tryGetCloseOnExec(socket), {}),
  closedSocket((socket) => tryGetCloseOnExec(socket)),
  ...documentedErrors(getCloseOnExecErrors, (system) => {
    using made = socket(AF.INET, SOCK.STREAM, 0, { system });
    return tryGetCloseOnExec(made);
  }),
]);
