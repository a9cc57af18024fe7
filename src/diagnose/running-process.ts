import { constants } from "node:os";
import { setTimeout } from "node:timers/promises";
import { close } from "../posix/close.ts";
import { POLL } from "../posix/constants.ts";
import { Descriptor } from "../posix/owned-descriptor.ts";
import { poll } from "../posix/poll.ts";
import { host } from "../system/host.ts";
import { pidfdOpen, pidfdSendSignal } from "../system/linux/pidfd.ts";
import { type Holder, readProcess } from "./process.ts";

/** How often an ending process is looked at, in milliseconds. */
const LOOK = 10;

/** Why a process cannot be had: it has ended, it is another user's, or the kernel lacks pidfd_open(2), which is of Linux 5.3. */
export type ProcessRefusal = "ended" | "denied" | "not supported";

/**
 * A process that goes on meaning the same one: a number is another's once its process has ended and been waited for, a
 * pidfd never is (pidfd_open(2)).
 */
export class RunningProcess {
  readonly holder: Holder;
  readonly #pidfd: Descriptor;

  /** The process that was told of as a holder, and no other that has its number by now. */
  static open(holder: Holder): RunningProcess | ProcessRefusal {
    const fd = pidfdOpen(holder.pid);
    if (fd < 0) return refusal(fd);
    const pidfd = Descriptor.own(host, fd);
    // Read once the pidfd is there: the number cannot pass to another process unnoticed any more.
    if (readProcess(holder.pid)?.startTicks === holder.startTicks) return new RunningProcess(holder, pidfd);
    pidfd[Symbol.dispose]();
    return "ended";
  }

  private constructor(holder: Holder, pidfd: Descriptor) {
    this.holder = holder;
    this.#pidfd = pidfd;
  }

  /** Sends it a signal. */
  signal(name: "SIGTERM" | "SIGKILL"): "sent" | ProcessRefusal {
    const sent = pidfdSendSignal(this.#pidfd.fd, constants.signals[name]);
    return sent < 0 ? refusal(sent) : "sent";
  }

  /** Whether it has ended: its pidfd is readable from then on. */
  get ended(): boolean {
    return poll([{ socket: this.#pidfd.fd, events: POLL.IN }], 0).length > 0;
  }

  /** Waits until it has ended, for so many milliseconds; whether it has. */
  async hasEndedWithin(milliseconds: number): Promise<boolean> {
    const until = performance.now() + milliseconds;
    while (!this.ended) {
      if (performance.now() >= until) return false;
      await setTimeout(LOOK);
    }
    return true;
  }

  [Symbol.dispose](): void {
    if (!this.#pidfd.closed) close(this.#pidfd);
  }
}

function refusal(errno: number): ProcessRefusal {
  switch (host.errnoName(-errno)) {
    case "ESRCH":
      return "ended";
    case "EPERM":
      return "denied";
    default:
      return "not supported";
  }
}
