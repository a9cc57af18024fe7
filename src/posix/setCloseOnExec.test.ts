import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeDescriptor } from "../../test/close-descriptor.ts";
import { closedSocket } from "../../test/closed-rows.ts";
import { closesOnExec } from "../../test/closes-on-exec.ts";
import { assertFails, conformance, documentedErrors } from "../../test/conformance.ts";
import { scriptedWinsock } from "../../test/scripted/scripted-winsock.ts";
import { LENGTH_SIZE, ValueResult } from "../system/value-result.ts";
import { windowsOver } from "../system/windows/windows.ts";
import { AF, SOCK } from "./constants.ts";
import { dup } from "./dup.ts";
import { Socket } from "./owned-socket.ts";
import { setCloseOnExec, setCloseOnExecErrors, trySetCloseOnExec } from "./setCloseOnExec.ts";
import { socket } from "./socket.ts";

const FCNTL = "POSIX fcntl(3p), F_SETFD, FD_CLOEXEC";

conformance("setCloseOnExec", [
  {
    clause: "the flag is set and cleared, by Socket and by number",
    source: FCNTL,
    run(fixture) {
      const made = fixture.tcp();
      for (const closeOnExec of [false, false, true, true]) {
        setCloseOnExec(made, closeOnExec);
        assert.equal(closesOnExec(made.fd), closeOnExec);
      }
      setCloseOnExec(made.fd, false);
      assert.equal(closesOnExec(made.fd), false);
    },
  },
  {
    clause: "the flag is the descriptor's, not the open socket's",
    source: "POSIX fcntl(3p), F_SETFD: file descriptor flags are of one file descriptor",
    run(fixture) {
      const made = fixture.tcp();
      const copy = fixture.own(dup(made));
      setCloseOnExec(copy, false);
      assert.deepEqual([closesOnExec(made.fd), closesOnExec(copy.fd)], [true, false]);
    },
  },
  {
    clause: "a program inherits a descriptor without the flag, and none with it",
    source: "POSIX exec(3p), DESCRIPTION",
    except: {
      bun: "Bun closes other descriptors in the programs that it starts",
      windows: "Windows' programs do not inherit descriptors by number",
    },
    run(fixture) {
      const [kept, closed] = [fixture.tcp(), fixture.tcp()];
      setCloseOnExec(kept, false);
      setCloseOnExec(closed, true);
      // A child shell lists its inherited descriptors, of which libuv closes none.
      const { stdout } = spawnSync(
        "sh",
        ["-c", `for fd in ${kept.fd} ${closed.fd}; do test -e /dev/fd/$fd && echo $fd; done`],
        { encoding: "utf8" },
      );
      assert.equal(stdout, `${kept.fd}\n`);
    },
  },
  {
    clause: "EBADF: the descriptor was closed behind our back",
    source: "POSIX fcntl(3p), ERRORS",
    run(fixture) {
      const made = fixture.tcp();
      closeDescriptor(made.fd);
      for (const closeOnExec of [true, false]) {
        assertFails(trySetCloseOnExec(made, closeOnExec), "BadFileDescriptor", "EBADF");
      }
      made.detach();
    },
  },
  {
    clause: "EBADF: Windows knows no such handle",
    source: "handleapi.h, SetHandleInformation",
    script: {},
    play() {
      const buffer = (size: number) => new ValueResult(new ArrayBuffer(LENGTH_SIZE + size));
      const winsock = scriptedWinsock({ function: "listen", code: 0 });
      const system = windowsOver({ ...winsock, SetHandleInformation: () => 0 }, false, buffer);
      const made = Socket.adopt(system, 1000, 2, 1, 0);
      assertFails(trySetCloseOnExec(made, true), "BadFileDescriptor", "EBADF");
      made.detach();
    },
  },
  closedSocket((socket) => trySetCloseOnExec(socket, true)),
  ...documentedErrors(setCloseOnExecErrors, (system) => {
    using made = socket(AF.INET, SOCK.STREAM, 0, { system });
    return trySetCloseOnExec(made, true);
  }),
]);
