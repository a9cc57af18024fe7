import { lastErrno, openLibraryOn } from "../../../src/native/library.ts";

const unshare = openLibraryOn(["linux"], null).func<(flags: number) => number>("unshare", "int", ["int"]);
/** include/uapi/linux/sched.h */
const CLONE_NEWNET = 0x40000000;

/**
 * Moves this thread into a new network namespace, and with it the programs that it runs. The old
 * one ends with its last socket and device.
 */
export function enterNewNetworkNamespace(): void {
  if (unshare(CLONE_NEWNET) === -1)
    throw new Error(`cannot create a network namespace: errno ${lastErrno()}`);
}
