import { isMainThread } from "../main-thread.ts";
import { type CType, koffi, openLibrary, type Pointer } from "./library.ts";
import { addressOfFunction } from "./symbol.ts";

/**
 * Arranges for close(2), on Windows closesocket(), to be called on a descriptor when this worker
 * thread ends for any reason: when it is terminated, no JavaScript runs. Does nothing in the main
 * thread, since the end of the process closes everything.
 *
 * Safety: call `keepAtThreadEnd` before closing the descriptor or handing it to another owner. If
 * it were closed without that, its number might belong to another file by the end of the thread,
 * which would be closed instead.
 */
export function closeAtThreadEnd(fd: number): void {
  // Node aborts if a hook is added twice (CleanupQueue::Add in src/cleanup_queue-inl.h).
  if (isMainThread() || hooked.has(fd)) return;
  hooks ??= openHooks();
  hooked.add(fd);
  hooks.add(env, hooks.close, BigInt(fd));
}

/** Undoes `closeAtThreadEnd`. */
export function keepAtThreadEnd(fd: number): void {
  if (hooks === undefined || !hooked.delete(fd)) return;
  hooks.remove(env, hooks.close, BigInt(fd));
}

const { env } = koffi.node;
const hooked = new Set<number>();
let hooks: ReturnType<typeof openHooks> | undefined;

type Hook = (environment: typeof env, hook: Pointer, argument: Pointer) => number;

/**
 * The functions of Node-API, which Bun and Deno have too; the argument of the hook is passed in the
 * register of an int.
 */
function openHooks() {
  const runtime = openLibrary(null);
  const hook: CType[] = ["void*", "void*", "void*"];
  return {
    add: runtime.func<Hook>("napi_add_env_cleanup_hook", "int", hook),
    remove: runtime.func<Hook>("napi_remove_env_cleanup_hook", "int", hook),
    close:
      process.platform === "win32"
        ? addressOfFunction("ws2_32.dll", "closesocket")
        : addressOfFunction(null, "close"),
  };
}
