import { isMainThread } from "node:worker_threads";
import { type CType, koffi, openLibrary, type Pointer } from "./library.ts";
import { addressOfFunction } from "./symbol.ts";

/**
 * Has close(2) called on a descriptor, on Windows closesocket() on a SOCKET, when this worker
 * thread ends, by whatever means: when it is terminated, no code of ours runs any more. In the main
 * thread it does nothing, since the end of the process closes all.
 *
 * Safety: whoever closes the descriptor, or hands it to somebody else, calls `keepAtThreadEnd`
 * first. One that is closed behind our back may be another file by the end of the thread, which
 * would then be closed in its stead.
 */
export function closeAtThreadEnd(fd: number): void {
  // Node ends the process where a hook is added twice (CleanupQueue::Add in
  // src/cleanup_queue-inl.h).
  if (isMainThread || hooked.has(fd)) return;
  hooks ??= openHooks();
  hooked.add(fd);
  hooks.add(env, hooks.close, BigInt(fd));
}

/** Takes that back. */
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
