import { mapMemory } from "../../native/memory.ts";
import type { FileIdentity } from "../system.ts";

/** struct stat with 64-bit inode numbers, since FreeBSD 12 (sys/stat.h). */
export const STAT = { st_dev: 0, st_ino: 8, size: 224 };
/** struct kinfo_file (sys/user.h). */
export const KINFO_FILE = { kf_structsize: 0, kf_sock_pcb: 304, size: 1392 };
/** sys/fcntl.h; FreeBSD 13.2. */
export const F_KINFO = 22;

const stat = mapMemory(STAT.size);
const statView = new DataView(stat.buffer);
const kinfo = mapMemory(KINFO_FILE.size);
const kinfoView = new DataView(kinfo.buffer);

type Libc = Pick<typeof import("./libc.ts"), "fcntl" | "fstat">;

/**
 * Identifies a descriptor's file. fstat() gives every IPv4 and IPv6 socket the inode 0 (soo_stat in
 * sys/kern/sys_socket.c), so those are identified by the address of their protocol control block.
 * Also null if the system is too old to report that.
 */
export function identity(libc: Libc, fd: number): FileIdentity | null {
  if (libc.fstat(fd, stat.pointer) === -1) return null;
  const inode = statView.getUint32(STAT.st_ino + 4, true) * 2 ** 32 + statView.getUint32(STAT.st_ino, true);
  if (inode !== 0) return { device: Number(statView.getBigUint64(STAT.st_dev, true)), inode };
  kinfoView.setInt32(KINFO_FILE.kf_structsize, KINFO_FILE.size, true);
  if (libc.fcntl(fd, F_KINFO, kinfo.pointer) === -1) return null;
  const high = kinfoView.getUint32(KINFO_FILE.kf_sock_pcb + 4, true);
  const low = kinfoView.getUint32(KINFO_FILE.kf_sock_pcb, true);
  return high === 0 && low === 0 ? null : { device: high, inode: low };
}
