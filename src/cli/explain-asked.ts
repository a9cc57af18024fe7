import { explain } from "../diagnose/explain.ts";
import type { Explanation } from "../diagnose/explanation.ts";
import type { ListenAddress } from "./endpoint.ts";

/**
 * What to tell of the addresses that one place means: what is not free, each holder once, though it
 * may have both addresses of localhost. Where all are free, the first one's account. Never empty.
 */
export function explainAsked(
  addresses: readonly ListenAddress[],
  protocol: "tcp" | "udp",
): readonly Explanation[] {
  const all = addresses.map((address) => explain(address, { protocol }));
  // Of localhost, this machine may have one family only.
  const here = all.filter(({ causes }) => causes[0]?.kind !== "address-not-here");
  const inUse = (here.length > 0 ? here : all).filter(({ verdict }) => verdict !== "free");
  const told = new Set<number | undefined>();
  const distinct = inUse.filter(({ causes }) => {
    const inodes = causes.flatMap((cause) => (cause.kind === "held" ? [cause.socket.inode] : []));
    const isNew = inodes.length === 0 || inodes.some((inode) => inode === undefined || !told.has(inode));
    for (const inode of inodes) told.add(inode);
    return isNew;
  });
  // Of accounts of addresses that are free, one with a note says most.
  const free = here.find(({ notes }) => notes.length > 0) ?? here[0] ?? all[0];
  return distinct.length > 0 || free === undefined ? distinct : [free];
}
