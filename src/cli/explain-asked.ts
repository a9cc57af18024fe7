import { explain } from "../diagnose/explain.ts";
import type { Explanation } from "../diagnose/explanation.ts";
import type { ListenAddress } from "./endpoint.ts";
import { UsageError } from "./usage-error.ts";

/**
 * Explains the addresses of one argument. Returns the explanations of those in use, with each
 * holder only once even if it has both addresses of localhost; or, if all are free, one explanation
 * that says so. Never empty.
 */
export function explainAsked(
  addresses: readonly ListenAddress[],
  protocol: "tcp" | "udp",
): readonly Explanation[] {
  const all = addresses.map((address) => explained(address, protocol));
  // A machine may have only one of localhost's addresses.
  const here = all.filter(({ causes }) => causes[0]?.kind !== "address-not-local");
  const inUse = (here.length > 0 ? here : all).filter(({ verdict }) => verdict !== "free");
  const told = new Set<number | undefined>();
  const distinct = inUse.filter(({ causes }) => {
    const inodes = causes.flatMap((cause) => (cause.kind === "held" ? [cause.socket.inode] : []));
    const isNew = inodes.length === 0 || inodes.some((inode) => inode === undefined || !told.has(inode));
    for (const inode of inodes) told.add(inode);
    return isNew;
  });
  // If several are free, show one that has a note.
  const free = here.find(({ notes }) => notes.length > 0) ?? here[0] ?? all[0];
  return distinct.length > 0 || free === undefined ? distinct : [free];
}

function explained(address: ListenAddress, protocol: "tcp" | "udp"): Explanation {
  try {
    return explain(address, { protocol });
  } catch (error) {
    // For example, a path that is too long for a sockaddr.
    if (error instanceof RangeError) throw new UsageError(`Cannot query this address: ${error.message}.`);
    throw error;
  }
}
