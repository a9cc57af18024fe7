import type { SimulatedHost } from "../../../src/simulated/host/simulated-host.ts";
import { errnos } from "../../../src/system/linux/errno.ts";
import { EDGE, READABLE, type ReadinessQueue, WRITABLE } from "../../../src/system/readiness-queue.ts";
import type { System } from "../../../src/system/system.ts";
import type { EpollEvent, HostCalls } from "../host-calls.ts";
import { symbol } from "../symbols.ts";
import { Unsupported } from "../target.ts";

const number = (name: string): number => symbol(name) ?? 0;
const F_GETFL = number("F_GETFL");
const F_SETFL = number("F_SETFL");
const O_RDWR = number("O_RDWR");
const O_NONBLOCK = number("O_NONBLOCK");
const SIOCINQ = number("SIOCINQ");
const EPOLLET = number("EPOLLET");
const EPOLL_CTL_ADD = number("EPOLL_CTL_ADD");
const EPOLL_CTL_DEL = number("EPOLL_CTL_DEL");
/** The bits of a mask that a queue of ours cannot be asked for. */
const SUPPORTED = number("EPOLLIN") | number("EPOLLOUT") | number("EPOLLRDHUP") | number("EPOLLPRI");

interface Watched {
  readonly fd: number;
  readonly event: EpollEvent;
}

interface Queue {
  readonly queue: ReadinessQueue;
  /** What each slot watches. */
  readonly slots: Watched[];
}

/** The calls of a simulated host that its System does not have. */
export class SimulatedCalls implements HostCalls {
  readonly system: System;
  readonly #host: SimulatedHost;
  readonly #queues = new Map<number, Queue>();

  constructor(host: SimulatedHost) {
    this.#host = host;
    this.system = { ...host.system, close: (fd) => this.#close(fd) };
  }

  isNonblocking(fd: number): boolean {
    return this.system.getNonblocking(fd) === 1;
  }

  #close(fd: number): number {
    this.#queues.delete(fd);
    return this.#host.system.close(fd);
  }

  fcntl(fd: number, command: number, argument: number): number {
    if (command === F_GETFL) {
      const nonblocking = this.system.getNonblocking(fd);
      return nonblocking < 0 ? nonblocking : O_RDWR | (nonblocking === 1 ? O_NONBLOCK : 0);
    }
    if (command !== F_SETFL) throw new Unsupported(`a simulated host has no fcntl(${command})`);
    return this.system.setNonblocking(fd, (argument & O_NONBLOCK) !== 0);
  }

  /** SIOCINQ, as the bytes that recv(MSG_PEEK) would return. */
  ioctl(fd: number, request: number): { returned: number; value: number } {
    if (request !== SIOCINQ) throw new Unsupported(`a simulated host has no ioctl(${request})`);
    const peek = number("MSG_PEEK") | number("MSG_DONTWAIT");
    const available = this.system.recv(fd, new Uint8Array(16 * 1024 * 1024), peek);
    return available < 0 && available !== -errnos.EAGAIN
      ? { returned: available, value: 0 }
      : { returned: 0, value: Math.max(available, 0) };
  }

  /** What precedes the copy decides, and then the copy fails; nothing is taken off a stream. */
  transferNull(operation: "send" | "receive", fd: number, length: number, flags: number): number {
    const returned =
      operation === "send"
        ? this.system.send(fd, new Uint8Array(), flags)
        : this.system.recv(fd, new Uint8Array(Math.min(length, 1)), flags | number("MSG_PEEK"));
    const copies = operation === "send" ? returned === 0 && length > 0 : returned > 0;
    return copies ? -errnos.EFAULT : returned;
  }

  epollCreate(): number {
    const queue = this.#host.openReadinessQueue(() => {});
    if (typeof queue === "number") return queue;
    this.#queues.set(queue.fd, { queue, slots: [] });
    return queue.fd;
  }

  epollCtl(epoll: number, operation: number, fd: number, event: EpollEvent): number {
    const { queue, slots } = this.#queue(epoll);
    if (operation !== EPOLL_CTL_ADD) {
      const returned = queue.remove(fd);
      if (operation === EPOLL_CTL_DEL || returned < 0) return returned;
    }
    if (((event.events >>> 0) & ~(SUPPORTED | EPOLLET)) >>> 0 !== 0) {
      throw new Unsupported(
        `epoll events 0x${event.events.toString(16)} cannot be asked of a simulated host`,
      );
    }
    const readable = event.events & number("EPOLLIN") ? READABLE : 0;
    const writable = event.events & number("EPOLLOUT") ? WRITABLE : 0;
    const edge = event.events >= EPOLLET ? EDGE : 0;
    slots.push({ fd, event });
    return queue.add(fd, readable | writable | edge, slots.length - 1, 0);
  }

  epollWait(epoll: number, count: number, _timeout: number): readonly EpollEvent[] {
    const { queue, slots } = this.#queue(epoll);
    const found: EpollEvent[] = [];
    const ready = queue.look();
    for (let index = 0; index < Math.min(ready, count); index += 1) {
      const watched = slots[queue.slot(index)];
      if (watched === undefined) continue;
      const { fd, event } = watched;
      // What holds now, of what was asked for: a queue of ours reports less exactly.
      const entry = { fd, events: event.events & SUPPORTED, revents: 0 };
      this.system.poll([entry], 0);
      found.push({ events: entry.revents, data: event.data });
    }
    return found;
  }

  #queue(epoll: number): Queue {
    const queue = this.#queues.get(epoll);
    if (queue === undefined) throw new Unsupported(`descriptor ${epoll} is no epoll instance`);
    return queue;
  }
}
