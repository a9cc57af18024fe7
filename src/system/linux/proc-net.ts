import { readFileSync } from "node:fs";

// proc_pid_net(5): the sockets of this network namespace as text, for use when netlink's sock_diag
// is refused.

/** A line of /proc/net/tcp and the like (tcp4_seq_show() in net/ipv4/tcp_ipv4.c). */
export interface ProcNetSocket {
  readonly local: ProcNetEnd;
  readonly peer: ProcNetEnd;
  readonly state: number;
  /** Clock ticks until its timer expires. */
  readonly expires: number;
  readonly uid: number;
  readonly inode: number;
}

export interface ProcNetEnd {
  readonly address: Uint8Array;
  readonly port: number;
}

const LINE =
  /^ *\d+: ([\dA-F]+):([\dA-F]{4}) ([\dA-F]+):([\dA-F]{4}) ([\dA-F]{2}) \S+ [\dA-F]+:([\dA-F]+) +\S+ +(\d+) +\S+ +(\d+)/;

/** Reads a file of /proc/net; undefined if it cannot be read. */
type Read = (file: string) => string | undefined;

/** The sockets of one of these files; undefined if it cannot be read. */
export function procNetSockets(
  file: "tcp" | "tcp6" | "udp" | "udp6",
  read: Read = readProcNet,
): ProcNetSocket[] | undefined {
  const sockets = read(file)
    ?.split("\n")
    .flatMap((line) => {
      const found = LINE.exec(line);
      if (found === null) return [];
      const [, local = "", localPort = "", peer = "", peerPort = "", state = "", expires = ""] = found;
      return [
        {
          local: { address: addressIn(local), port: Number.parseInt(localPort, 16) },
          peer: { address: addressIn(peer), port: Number.parseInt(peerPort, 16) },
          state: Number.parseInt(state, 16),
          expires: Number.parseInt(expires, 16),
          uid: Number(found[7]),
          inode: Number(found[8]),
        },
      ];
    });
  return sockets && eachOnce(sockets);
}

/**
 * The kernel writes such a file a page at a time, and finds its place again by counting sockets. A
 * socket is written twice if others were opened before it meanwhile (udp_seq_next() in
 * net/ipv4/udp.c). A socket without a file, such as in TIME_WAIT, has inode 0.
 */
function eachOnce<Socket extends { readonly inode: number }>(sockets: readonly Socket[]): Socket[] {
  const inodes = new Set<number>();
  return sockets.filter(({ inode }) => {
    const isNew = inode === 0 || !inodes.has(inode);
    inodes.add(inode);
    return isNew;
  });
}

/** 32-bit words, printed in the byte order of this machine, which is little-endian. */
function addressIn(hexadecimal: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hexadecimal, "hex").swap32());
}

/** A line of /proc/net/unix (unix_seq_show() in net/unix/af_unix.c). */
export interface ProcNetUnixSocket {
  readonly listens: boolean;
  /** SOCK_STREAM and so on. */
  readonly type: number;
  readonly isConnected: boolean;
  readonly inode: number;
  /** The bytes of sun_path; a leading @ means NUL. */
  readonly name: Uint8Array;
}

const UNIX_LINE =
  /^[\da-f]+: [\dA-F]{8} [\dA-F]{8} ([\dA-F]{8}) ([\dA-F]{4}) ([\dA-F]{2}) +(\d+) ([\s\S]+)$/i;
const ACCEPTS = 0x10000; // __SO_ACCEPTCON
const CONNECTED = 3; // SS_CONNECTED

/** The named unix sockets; undefined if they cannot be listed. */
export function procNetUnixSockets(read: Read = readProcNet): ProcNetUnixSocket[] | undefined {
  // A path may contain newlines.
  const sockets = read("unix")
    ?.trimEnd()
    .split(/\n(?=[\da-f]+: [\dA-F]{8} )/i)
    .flatMap((line) => {
      const [, flags = "", type = "", state = "", inode = "", name = ""] = UNIX_LINE.exec(line) ?? [];
      if (name === "") return [];
      return [
        {
          listens: (Number.parseInt(flags, 16) & ACCEPTS) !== 0,
          type: Number.parseInt(type, 16),
          isConnected: Number.parseInt(state, 16) === CONNECTED,
          inode: Number(inode),
          name: Buffer.from(name.startsWith("@") ? `\0${name.slice(1)}` : name, "latin1"),
        },
      ];
    });
  return sockets && eachOnce(sockets);
}

function readProcNet(file: string): string | undefined {
  try {
    return readFileSync(`/proc/net/${file}`, "latin1");
  } catch {
    return undefined;
  }
}
