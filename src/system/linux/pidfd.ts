import { constants as os } from "node:os";
import { lastErrno, openLibraryOn } from "../../native/library.ts";
import type { ProcessHandle, ProcessRefusal } from "../host-tables.ts";
import { constants } from "./constants.ts";
import { text } from "./kernel-settings.ts";
import { linux } from "./linux.ts";
import { linuxNumbers } from "./numbers.ts";

const libc = openLibraryOn(["linux"], null);

// glibc has functions of these names only since 2.36. The numbers are the same on every
// architecture (include/uapi/asm-generic/unistd.h).
const SYS = { pidfd_open: 434, pidfd_send_signal: 424 } as const;

const syscall = libc.func<
  (number: number, first: number, second: number, third: null, fourth: number) => number
>("syscall", "ssize_t", ["size_t", "size_t", "size_t", "void*", "size_t"]);

/**
 * Opens a close-on-exec descriptor of a process, which keeps identifying it after its number was
 * reused (pidfd_open(2)). Returns it or a negative errno.
 */
export function pidfdOpen(pid: number): number {
  return result(syscall(SYS.pidfd_open, pid, 0, null, 0));
}

/**
 * Sends a signal to a descriptor's process (pidfd_send_signal(2)). Returns 0 or a negative errno.
 */
export function pidfdSendSignal(pidfd: number, signal: number): number {
  return result(syscall(SYS.pidfd_send_signal, pidfd, signal, null, 0));
}

function result(returned: number): number {
  return returned === -1 ? -lastErrno() : returned;
}

/**
 * Opens a process by its number in /proc, and verifies that it is that process. /proc may belong to
 * another PID namespace, such as after `unshare --pid` without mounting a new one, or in a
 * container with its host's /proc: there the number may belong to a different process.
 */
export function openProcess(pid: number): ProcessHandle | ProcessRefusal {
  const ours = numbersOf("self");
  // A /proc that does not list us belongs neither to our namespace nor to an ancestor of it.
  if (ours === undefined) return "unproven";
  const isForeign = ours.length > 1;
  const number = isForeign ? numbersOf(`${pid}`)?.[ours.length - 1] : pid;
  if (number === undefined) return "unproven";
  const fd = pidfdOpen(number);
  // A process in a sibling namespace has as many numbers as we do, but none of them is in our
  // namespace.
  if (fd < 0) return isForeign && failureName(fd) === "ended" ? "unproven" : failureName(fd);
  const told = numberInProc(fd);
  if (told !== pid) {
    linux.close(fd);
    return told === ENDED ? "ended" : "unproven";
  }
  return {
    signal(name) {
      const sent = pidfdSendSignal(fd, os.signals[name]);
      return sent < 0 ? failureName(sent) : "sent";
    },
    // Its pidfd becomes readable then.
    get ended() {
      return linux.poll([{ fd, events: constants.POLL.IN, revents: 0 }], 0) > 0;
    },
    close() {
      linux.close(fd);
    },
  };
}

/**
 * NSpid of proc_pid_status(5): the numbers of a process, from the one in /proc's namespace down to
 * the one in its own. Ours are one for /proc's namespace, and one for each level of nesting below
 * it: usually only one.
 */
function numbersOf(process: string): number[] | undefined {
  const [, numbers] = /^NSpid:\s*(.*)$/m.exec(text(`/proc/${process}/status`) ?? "") ?? [];
  return numbers?.trim().split(/\s+/).map(Number);
}

/** The number that fdinfo shows for a process that has ended and been waited for. */
const ENDED = -1;

/**
 * The number in /proc of a pidfd's process (pidfd_show_fdinfo() in fs/pidfs.c); undefined if it is
 * not shown.
 */
function numberInProc(pidfd: number): number | undefined {
  const [, pid] = /^Pid:\s*(-?\d+)$/m.exec(text(`/proc/self/fdinfo/${pidfd}`) ?? "") ?? [];
  return pid === undefined ? undefined : Number(pid);
}

function failureName(errno: number): ProcessRefusal {
  switch (linuxNumbers.errnoName(-errno)) {
    case "ESRCH":
      return "ended";
    case "EPERM":
      return "denied";
    default:
      return "not supported";
  }
}
