import { constants as os } from "node:os";
import { lastErrno, openLibraryOn } from "../../native/library.ts";
import type { ProcessHandle, ProcessRefusal } from "../host-tables.ts";
import { constants } from "./constants.ts";
import { text } from "./kernel-settings.ts";
import { linux } from "./linux.ts";
import { linuxNumbers } from "./numbers.ts";

const libc = openLibraryOn(["linux"], null);

// glibc has functions of these names since 2.36 only. The numbers are those of every machine
// (include/uapi/asm-generic/unistd.h).
const SYS = { pidfd_open: 434, pidfd_send_signal: 424 } as const;

const syscall = libc.func<
  (number: number, first: number, second: number, third: null, fourth: number) => number
>("syscall", "ssize_t", ["size_t", "size_t", "size_t", "void*", "size_t"]);

/**
 * A descriptor of a process, closed on exec, that goes on meaning it when its number is another's
 * (pidfd_open(2)); or a negative errno.
 */
export function pidfdOpen(pid: number): number {
  return result(syscall(SYS.pidfd_open, pid, 0, null, 0));
}

/**
 * Sends a signal to the process that a descriptor means (pidfd_send_signal(2)): 0, or a negative
 * errno.
 */
export function pidfdSendSignal(pidfd: number, signal: number): number {
  return result(syscall(SYS.pidfd_send_signal, pidfd, signal, null, 0));
}

function result(returned: number): number {
  return returned === -1 ? -lastErrno() : returned;
}

/**
 * Opens a process by its number in /proc, and proves that it is that process. /proc may belong to
 * another PID namespace, as after `unshare --pid` without mounting a new one, or in a container
 * with its host's /proc: the number is then another process's here.
 */
export function openProcess(pid: number): ProcessHandle | ProcessRefusal {
  const ours = numbersOf("self");
  // A /proc without us in it belongs neither to our namespace nor to one above.
  if (ours === undefined) return "unproven";
  const isForeign = ours.length > 1;
  const number = isForeign ? numbersOf(`${pid}`)?.[ours.length - 1] : pid;
  if (number === undefined) return "unproven";
  const fd = pidfdOpen(number);
  // A process of a sibling namespace has as many numbers as we do, and none of them is in our
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
    // Its pidfd is readable from then on.
    get ended() {
      return linux.poll([{ fd, events: constants.POLL.IN, revents: 0 }], 0) > 0;
    },
    close() {
      linux.close(fd);
    },
  };
}

/**
 * NSpid of proc_pid_status(5): the numbers of a process, from that in /proc's namespace down to
 * that in its own. Ours are as many as our namespace is levels below /proc's, and one more: one, as
 * a rule.
 */
function numbersOf(process: string): number[] | undefined {
  const [, numbers] = /^NSpid:\s*(.*)$/m.exec(text(`/proc/${process}/status`) ?? "") ?? [];
  return numbers?.trim().split(/\s+/).map(Number);
}

/** What fdinfo has for the number of a process that has ended, and been waited for. */
const ENDED = -1;

/**
 * The number that /proc has for the process of a pidfd (pidfd_show_fdinfo() in fs/pidfs.c);
 * undefined where that is not told.
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
