import { constants as os } from "node:os";
import { lastErrno, openLibraryOn } from "../../native/library.ts";
import type { ProcessHandle, ProcessRefusal } from "../machine.ts";
import { constants } from "./constants.ts";
import { linux } from "./linux.ts";
import { linuxNumbers } from "./numbers.ts";

const libc = openLibraryOn(["linux"], null);

// glibc has functions of these names since 2.36 only. The numbers are those of every machine (include/uapi/asm-generic/unistd.h).
const SYS = { pidfd_open: 434, pidfd_send_signal: 424 } as const;

const syscall = libc.func<
  (number: number, first: number, second: number, third: null, fourth: number) => number
>("syscall", "ssize_t", ["size_t", "size_t", "size_t", "void*", "size_t"]);

/** A descriptor of a process, closed on exec, that goes on meaning it when its number is another's (pidfd_open(2)); or a negative errno. */
export function pidfdOpen(pid: number): number {
  return result(syscall(SYS.pidfd_open, pid, 0, null, 0));
}

/** Sends a signal to the process that a descriptor means (pidfd_send_signal(2)): 0, or a negative errno. */
export function pidfdSendSignal(pidfd: number, signal: number): number {
  return result(syscall(SYS.pidfd_send_signal, pidfd, signal, null, 0));
}

function result(returned: number): number {
  return returned === -1 ? -lastErrno() : returned;
}

/** A process that goes on meaning the same one: a number is another's once its process has ended and been waited for, a pidfd never is. */
export function openProcess(pid: number): ProcessHandle | ProcessRefusal {
  const fd = pidfdOpen(pid);
  if (fd < 0) return refusal(fd);
  return {
    signal(name) {
      const sent = pidfdSendSignal(fd, os.signals[name]);
      return sent < 0 ? refusal(sent) : "sent";
    },
    // Its pidfd is readable from then on.
    get ended() {
      return linux.poll([{ fd, events: constants.POLL.IN ?? 0, revents: 0 }], 0) > 0;
    },
    close() {
      linux.close(fd);
    },
  };
}

function refusal(errno: number): ProcessRefusal {
  switch (linuxNumbers.errnoName(-errno)) {
    case "ESRCH":
      return "ended";
    case "EPERM":
      return "denied";
    default:
      return "not supported";
  }
}
