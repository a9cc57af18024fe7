import { errnos } from "../../system/linux/errno.ts";
import type { Scheduled } from "../clock/virtual-clock.ts";
import type { Blocking } from "./blocking.ts";
import { DescriptorTable, SocketFile } from "./descriptors.ts";
import { Epoll, type EpollHost, type Pollable, type Registration } from "./epoll.ts";
import type { KernelSocket, OpenFile } from "./kernel-socket.ts";
import type { Sysctls } from "./sysctls.ts";

const { EBADF, EMFILE } = errnos;

/** What the files of a boot need from their host. */
export interface FileTableHost {
  readonly sysctls: Sysctls;
  readonly blocking: Blocking;
  nextCookie(): number;
  wakeProgram(item: Scheduled): void;
}

/** The open files of one boot of a host: descriptors, their watchers and their references. */
export class FileTable implements EpollHost {
  readonly descriptors: DescriptorTable;
  readonly #host: FileTableHost;
  readonly #files = new Map<KernelSocket, SocketFile>();
  #ended = false;

  constructor(host: FileTableHost) {
    this.#host = host;
    this.descriptors = new DescriptorTable(host.sysctls);
  }

  pollable(fd: number): Pollable | undefined {
    return this.descriptors.get(fd);
  }

  /** Assigns a descriptor to a socket. If none is left, closes the socket and returns -EMFILE. */
  open(socket: KernelSocket, nonblocking: boolean, closeOnExec: boolean): number {
    const file = new SocketFile(socket, nonblocking);
    const fd = this.descriptors.open(file, closeOnExec);
    if (fd < 0) socket.close();
    else this.#files.set(socket, file);
    return fd;
  }

  /**
   * Assigns a descriptor to a file that a message carried. It takes over the message's reference.
   */
  install(file: OpenFile, closeOnExec: boolean): number {
    return file instanceof SocketFile ? this.descriptors.open(file, closeOnExec) : -EBADF;
  }

  /** Assigns another descriptor to a file, `least` or above: dup(), and fcntl() with F_DUPFD. */
  duplicate(pollable: Pollable, closeOnExec: boolean, least: number): number {
    const fd = this.descriptors.open(pollable, closeOnExec, least);
    if (fd >= 0 && pollable.file !== undefined) pollable.file.references += 1;
    return fd;
  }

  openQueue(ready: () => void): Epoll | number {
    const queue = new Epoll(this, this.#host.nextCookie(), ready);
    const fd = this.#ended ? -EMFILE : this.descriptors.open(queue, true);
    if (fd < 0) return fd;
    queue.fd = fd;
    return queue;
  }

  /** Frees a descriptor. Returns the socket if this closed it, or -EBADF. */
  close(fd: number): KernelSocket | number {
    const entry = this.descriptors.get(fd);
    if (entry === undefined) return -EBADF;
    this.descriptors.close(fd);
    if (entry instanceof Epoll) {
      this.#forgetWatchers(entry);
      entry.closed();
    }
    return entry.file === undefined ? 0 : this.release(entry.file);
  }

  closeDescriptor(fd: number): void {
    this.close(fd);
  }

  /** Drops a reference to a file. If it was the last, closes and returns its socket. */
  release(file: OpenFile): KernelSocket | number {
    file.references -= 1;
    if (file.references > 0) return 0;
    this.#files.delete(file.socket);
    if (file instanceof SocketFile) this.#forgetWatchers(file);
    file.socket.close();
    return file.socket;
  }

  watch(registration: Registration): void {
    const { pollable } = registration;
    let last = pollable.firstWatcher;
    while (last?.nextWatcher !== undefined) last = last.nextWatcher;
    if (last === undefined) pollable.firstWatcher = registration;
    else last.nextWatcher = registration;
  }

  unwatch(registration: Registration): void {
    const { pollable } = registration;
    const { nextWatcher } = registration;
    let before = pollable.firstWatcher;
    if (before === registration) {
      pollable.firstWatcher = nextWatcher;
      return;
    }
    while (before !== undefined && before.nextWatcher !== registration) before = before.nextWatcher;
    if (before !== undefined) before.nextWatcher = nextWatcher;
  }

  wakeProgram(item: Scheduled): void {
    if (!item.scheduled) this.#host.wakeProgram(item);
  }

  queueChanged(queue: Epoll): void {
    this.#host.blocking.changed(queue);
    this.#wake(queue, ~0);
  }

  /** Events of a socket may have begun. */
  changed(socket: KernelSocket, woken: number): void {
    const file = this.#files.get(socket);
    if (file === undefined) return;
    this.#host.blocking.changed(file);
    this.#wake(file, woken);
  }

  /** The host crashed: closes nothing, but stops all watching. */
  end(): void {
    this.#ended = true;
    for (const [, entry] of this.descriptors.entries()) if (entry instanceof Epoll) entry.closed();
    this.#files.clear();
  }

  #wake(pollable: Pollable, woken: number): void {
    for (let watcher = pollable.firstWatcher; watcher !== undefined; watcher = watcher.nextWatcher) {
      if (watcher.events & woken) watcher.queue.wake(watcher);
    }
  }

  #forgetWatchers(pollable: Pollable): void {
    for (let watcher = pollable.firstWatcher; watcher !== undefined; watcher = pollable.firstWatcher)
      watcher.queue.forget(watcher);
  }
}
