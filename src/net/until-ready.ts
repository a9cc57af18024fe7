import type { Direction, EngineName } from "../engine/engine.ts";
import { engineOf } from "../engine/engines.ts";
import { checkObject } from "../errors/argument.ts";
import {
  BadFileDescriptor,
  FileDescriptorNotASocket,
  NetworkSubsystemFailed,
  ProcessFdQuotaExceeded,
  SocketClosed,
  SystemFdQuotaExceeded,
  SystemResources,
  Unexpected,
} from "../errors/entries.ts";
import type { ErrorSet, NameOf } from "../errors/error-set.ts";
import { readOption } from "../options/read-option.ts";
import { SO } from "../options/so.ts";
import { borrow, type SocketLike } from "../posix/borrow.ts";
import { CLOSE_ON_EXEC } from "../system/descriptor-flags.ts";
import { checkWait, onAbort, type WaitOptions } from "./abort.ts";

/** Options of `readable()` and `writable()`. */
export interface ReadyOptions extends WaitOptions {
  /** The engine to wait with; the one that `engineChoice()` returns by default. */
  readonly engine?: EngineName | undefined;
}

/** Everything that `readable()` and `writable()` can fail with, except an abort. */
export const readyEntries = {
  BadFileDescriptor,
  FileDescriptorNotASocket,
  NetworkSubsystemFailed,
  ProcessFdQuotaExceeded: {
    ...ProcessFdQuotaExceeded,
    advice: "Each wait needs one. Close some, or raise the limit (ulimit -n).",
  },
  SocketClosed,
  SystemFdQuotaExceeded,
  SystemResources: {
    ...SystemResources,
    // epoll_ctl() reports it beyond fs.epoll.max_user_watches.
    codes: [...SystemResources.codes, "ENOSPC"],
  },
  Unexpected,
};

type ReadyErrors = ErrorSet<keyof typeof readyEntries>;

/** Resolves once a call in one direction would not block. */
export function untilReady(
  errors: ReadyErrors,
  direction: Direction,
  socket: SocketLike,
  options: ReadyOptions,
): Promise<void> {
  checkObject("options", "{ signal?, timeout?, engine? }", options);
  const { signal, timeout, engine: wanted } = options;
  checkWait({ signal, timeout });
  const { system, fd } = borrow(socket);
  const chosen = engineOf(system, wanted);
  const fail = (name: NameOf<ReadyErrors>): Promise<never> => Promise.reject(errors.fail(system, name).error);
  if (fd < 0) return fail("SocketClosed");
  if (readOption(system, fd, SO.TYPE) === undefined) {
    return fail(system.identity(fd) === null ? "BadFileDescriptor" : "FileDescriptorNotASocket");
  }
  if (signal?.aborted) return Promise.reject(signal.reason);
  // A queue watches a descriptor only once, and the caller may close its own at any time.
  const duplicate = system.dup(fd, CLOSE_ON_EXEC, 0);
  if (duplicate < 0) return Promise.reject(errors.failure(system, duplicate).error);
  system.closeAtThreadEnd(duplicate);
  return new Promise((resolve, reject) => {
    let stop = () => {};
    const pending = chosen.poll(duplicate, direction, (errno) => {
      system.keepAtThreadEnd(duplicate);
      system.close(duplicate);
      stop();
      if (errno === 0) resolve();
      else reject(errors.failure(system, errno).error);
    });
    stop = onAbort(system.clock, `${errors.syscall}()`, { signal, timeout }, (reason) => {
      pending.cancel();
      reject(reason);
    });
  });
}
