import assert from "node:assert/strict";
import { closeSync, constants, openSync } from "node:fs";
import { closedBehindOurBack, closedSocket } from "../../test/closed-rows.ts";
import { assertFails, conformance, documentedErrors } from "../../test/conformance.ts";
import { inheritedFlags } from "../../test/inherited-flags.ts";
import { pass } from "../../test/pass-descriptors.ts";
import { scriptedWinsock } from "../../test/scripted/scripted-winsock.ts";
import { LENGTH_SIZE, ValueResult } from "../system/value-result.ts";
import { windowsOver } from "../system/windows/windows.ts";
import { AF, SOCK } from "./constants.ts";
import { dup } from "./dup.ts";
import { getNonblocking, getNonblockingErrors, tryGetNonblocking } from "./getNonblocking.ts";
import { Socket } from "./owned-socket.ts";
import { setNonblocking } from "./setNonblocking.ts";
import { socket } from "./socket.ts";

const FCNTL = "POSIX fcntl(3p), F_GETFL, O_NONBLOCK";
const unreadable = { windows: "Winsock has no call that reads the mode" };

conformance("getNonblocking", [
  {
    clause: "a socket is blocking unless told otherwise, by Socket and by number",
    source: FCNTL,
    except: unreadable,
    run(fixture) {
      for (const nonblocking of [false, true]) {
        for (const made of [fixture.tcp({ nonblocking }), fixture.udp({ nonblocking })]) {
          assert.equal(getNonblocking(made), nonblocking);
          assert.equal(getNonblocking(made.fd), nonblocking);
        }
      }
    },
  },
  {
    clause: "it is what setNonblocking() has set",
    source: FCNTL,
    except: unreadable,
    run(fixture) {
      const made = fixture.tcp();
      for (const nonblocking of [true, true, false, false, true]) {
        setNonblocking(made, nonblocking);
        assert.equal(getNonblocking(made), nonblocking);
      }
    },
  },
  {
    clause: "the mode is the open socket's: duplicates and received descriptors have it, both ways",
    source: "POSIX fcntl(3p), F_GETFL: file status flags are of the open file description",
    except: unreadable,
    run(fixture) {
      const made = fixture.udp({ nonblocking: true });
      const others = [fixture.own(dup(made)), ...pass(fixture, [made])];
      for (const other of others) assert.equal(getNonblocking(other), true);
      setNonblocking(made, false);
      for (const other of others) assert.equal(getNonblocking(other), false);
      for (const other of others) {
        setNonblocking(other, true);
        assert.equal(getNonblocking(made), true);
        setNonblocking(made, false);
      }
    },
  },
  {
    clause: "an inherited socket has the mode that its parent has set",
    source: "POSIX exec(3p), DESCRIPTION; fork(3p), DESCRIPTION",
    except: { ...unreadable, deno: "Deno makes what it passes to a child blocking" },
    run(fixture) {
      const flags = inheritedFlags({ 3: fixture.tcp(), 4: fixture.tcp({ nonblocking: true }) });
      assert.deepEqual(
        flags.map(({ nonblocking }) => nonblocking),
        [false, true],
      );
    },
  },
  {
    clause: "a file has a mode, too, and its other flags are not taken for it",
    source: "POSIX open(3p), O_NONBLOCK",
    except: unreadable,
    run() {
      const { O_APPEND, O_NONBLOCK, O_RDWR } = constants;
      for (const flags of [O_RDWR, O_RDWR | O_APPEND, O_RDWR | O_NONBLOCK]) {
        const file = openSync("/dev/null", flags);
        assert.equal(getNonblocking(file), (flags & O_NONBLOCK) !== 0);
        closeSync(file);
      }
    },
  },
  {
    clause: "EOPNOTSUPP: on Windows, of any socket",
    source: "winsock2.h",
    script: {},
    play() {
      const buffer = (size: number) => new ValueResult(new ArrayBuffer(LENGTH_SIZE + size));
      const system = windowsOver(scriptedWinsock({ function: "listen", code: 0 }), false, buffer);
      using made = Socket.adopt(system, 1000, 2, 1, 0);
      assertFails(tryGetNonblocking(made), "OperationNotSupported", "EOPNOTSUPP");
    },
  },
  closedBehindOurBack("POSIX fcntl(3p), ERRORS", (socket) => tryGetNonblocking(socket), unreadable),
  closedSocket((socket) => tryGetNonblocking(socket)),
  ...documentedErrors(getNonblockingErrors, (system) => {
    using made = socket(AF.INET, SOCK.STREAM, 0, { system });
    return tryGetNonblocking(made);
  }),
]);
