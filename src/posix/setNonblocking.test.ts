import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { closedBehindOurBack, closedSocket } from "../../test/closed-rows.ts";
import { assertFails, conformance, documentedErrors } from "../../test/conformance.ts";
import { loopback } from "../../test/fixture.ts";
import { winsockRows } from "../../test/winsock.ts";
import { tryAccept } from "./accept.ts";
import { bind } from "./bind.ts";
import { AF, SOCK } from "./constants.ts";
import { Descriptor } from "./owned-descriptor.ts";
import { tryRecv } from "./recv.ts";
import { setNonblocking, setNonblockingErrors, trySetNonblocking } from "./setNonblocking.ts";
import { socket } from "./socket.ts";

const FCNTL = "POSIX fcntl(3p), F_SETFL, O_NONBLOCK";
// include/uapi/asm-generic/fcntl.h
const O_NONBLOCK = 0o4000;

/** Whether Linux's /proc shows the flag (proc_pid_fdinfo(5)). */
function isNonblocking(fd: number): boolean {
  const [, flags = ""] = /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8")) ?? [];
  return (Number.parseInt(flags, 8) & O_NONBLOCK) !== 0;
}

const onlyLinux = "it reads Linux's /proc";

conformance("setNonblocking", [
  {
    clause: "calls that would block fail with EAGAIN, by Socket and by number",
    source: FCNTL,
    run(fixture) {
      const receiver = fixture.udp();
      bind(receiver, loopback);
      setNonblocking(receiver, true);
      assertFails(tryRecv(receiver, new Uint8Array(1)), "WouldBlock", "EAGAIN");
      const listener = fixture.listener();
      setNonblocking(listener.fd, true);
      assertFails(tryAccept(listener), "WouldBlock", "EAGAIN");
    },
  },
  {
    clause: "the flag is set and cleared, twice if one likes",
    source: FCNTL,
    except: { windows: onlyLinux, darwin: onlyLinux, freebsd: onlyLinux },
    run(fixture) {
      const made = fixture.tcp();
      for (const nonblocking of [true, true, false, false, true]) {
        setNonblocking(made, nonblocking);
        assert.equal(isNonblocking(made.fd), nonblocking);
      }
    },
  },
  {
    clause: "a Descriptor, such as one that was received",
    source: "ioctl_fionbio in fs/ioctl.c",
    except: { windows: onlyLinux, darwin: onlyLinux, freebsd: onlyLinux },
    run(fixture) {
      const [end] = fixture.pair();
      const descriptor = Descriptor.own(end.system, end.detach());
      fixture.own(descriptor);
      setNonblocking(descriptor, true);
      assert.equal(isNonblocking(descriptor.fd), true);
    },
  },
  closedBehindOurBack("POSIX fcntl(3p), ERRORS", (socket) => trySetNonblocking(socket, true)),
  closedSocket((socket) => trySetNonblocking(socket, true)),
  ...winsockRows("setNonblocking", (socket) => trySetNonblocking(socket, true)),
  ...documentedErrors(setNonblockingErrors, (system) => {
    using made = socket(AF.INET, SOCK.STREAM, 0, { system });
    return trySetNonblocking(made, true);
  }),
]);
