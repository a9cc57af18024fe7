import { explain } from "../diagnose/explain.ts";
import type { Explanation } from "../diagnose/explanation.ts";
import type { ListenAddress } from "./endpoint.ts";
import { UsageError } from "./usage-error.ts";

/**
 * Explains the addresses that one argument stands for: those in use, each holder once even if it
 * has both addresses of localhost. If all are free, one explanation says so. Never empty.
 */
export function explainAsked(
  addresses: readonly ListenAddress[],
  protocol: "tcp" | "udp",
): readonly Explanation[] {
  const all = addresses.map((address) => explained(address, protocol));
  // This machine may have only one of localhost's addresses.
  const here = all.filter(({ causes }) => causes[0]?.kind !== "address-not-here");
  const inUse = (here.length > 0 ? here : all).filter(({ verdict }) => verdict !== "free");
  const told = new Set<number | undefined>();
  const distinct = inUse.filter(({ causes }) => {
    const inodes = causes.flatMap((cause) => (cause.kind === "held" ? [cause.socket.inode] : []));
    const isNew = inodes.length === 0 || inodes.some((inode) => inode === undefined || !told.has(inode));
    for (const inode of inodes) told.add(inode);
    return isNew;
  });
  // Of several free addresses, show one that has a note.
  const free = here.find(({ notes }) => notes.length > 0) ?? here[0] ?? all[0];
  return distinct.length > 0 || free === undefined ? distinct : [free];
}

function explained(address: ListenAddress, protocol: "tcp" | "udp"): Explanation {
  try {
    return explain(address, { protocol });
  } catch (error) {
    // Such as a path that is too long for a sockaddr.
    if (error instanceof RangeError) throw new UsageError(`Cannot ask about this address: ${error.message}.`);
    throw error;
  }
}
