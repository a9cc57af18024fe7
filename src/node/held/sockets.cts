// The sockets that `berkeley hold` has passed to this process, as its environment describes them.
const { fstatSync }: typeof import("node:fs") = require("node:fs");

/** A socket that hold keeps open, in BERKELEY_HOLD. */
export interface HeldSocket {
  /**
   * Its descriptor by LISTEN_FDS: from 3 up. A watcher's channel to its child may take the number.
   * -1 for a socket of another hold, which has started the one that counts LISTEN_FDS.
   */
  readonly low: number;
  /** A second descriptor: 64 or more, where Node neither puts a channel nor sets close-on-exec. */
  readonly high: number;
  /** hold's process, which has it open as `high`, too. */
  readonly pid?: number;
  readonly inode: string;
  /** An IP address and a port, or the path of a unix socket. */
  readonly address?: string;
  readonly port?: number;
  readonly path?: string;
  /** The device and the inode of the path's file, if it has one. */
  readonly file?: string;
}

/** The sockets in the environment; none if it is not hold's, or malformed. */
function heldSockets(): readonly HeldSocket[] {
  try {
    const held: unknown = JSON.parse(process.env.BERKELEY_HOLD ?? "[]");
    return Array.isArray(held) ? held.filter(isHeldSocket) : [];
  } catch {
    return [];
  }
}

function isHeldSocket(value: unknown): value is HeldSocket {
  return (
    typeof value === "object" &&
    value !== null &&
    "inode" in value &&
    typeof value.inode === "string" &&
    "low" in value &&
    typeof value.low === "number" &&
    "high" in value &&
    typeof value.high === "number"
  );
}

/** Whether a descriptor is still that socket, and not a reused number. */
function isOpenAs(fd: number, { inode }: HeldSocket): boolean {
  try {
    const file = fstatSync(fd, { bigint: true });
    return file.isSocket() && file.ino === BigInt(inode);
  } catch {
    return false;
  }
}

export interface Sockets {
  readonly heldSockets: typeof heldSockets;
  readonly isOpenAs: typeof isOpenAs;
}
const sockets: Sockets = { heldSockets, isOpenAs };
module.exports = sockets;
