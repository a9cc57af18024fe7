import { mapMemory } from "../../native/memory.ts";
import type { FileIdentity } from "../system.ts";
import type { SocketInfo } from "./socket-info.ts";

/** struct stat with 64-bit inode numbers (sys/stat.h). */
export const STAT = { st_dev: 0, st_ino: 8, size: 144 };

const buffer = mapMemory(STAT.size);
const view = new DataView(buffer.buffer);

type Fstat = typeof import("./libc.ts").fstat;

/**
 * Identifies a descriptor's file. fstat() gives every IPv4 and IPv6 socket the inode 0 (soo_stat in
 * bsd/kern/sys_socket.c), so sockets are identified by their handle.
 */
export function identity(
  fstat: Fstat,
  fd: number,
  info: (fd: number) => SocketInfo | undefined,
): FileIdentity | null {
  const socket = info(fd);
  if (socket !== undefined) return { device: socket.handle.high, inode: socket.handle.low };
  if (fstat(fd, buffer.pointer) === -1) return null;
  return {
    device: view.getInt32(STAT.st_dev, true),
    inode: view.getUint32(STAT.st_ino + 4, true) * 2 ** 32 + view.getUint32(STAT.st_ino, true),
  };
}
