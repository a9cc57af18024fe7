import { constants } from "./constants.ts";
import { decodeAttributes, viewOf } from "./netlink.ts";

// include/uapi/linux/unix_diag.h: requests and replies of sock_diag(7) for unix sockets.

export const UDIAG_SHOW = { NAME: 0x1, RQLEN: 0x10, UID: 0x40, VFS: 0x2 } as const;

export const UNIX_DIAG = { NAME: 0, RQLEN: 4, SHUTDOWN: 6, UID: 7, VFS: 1 } as const;

/** The offsets of struct unix_diag_req. */
export const UNIX_REQ = { family: 0, states: 4, ino: 8, show: 12, cookie: 16, size: 24 } as const;

/** The offsets of struct unix_diag_msg. */
export const UNIX_MSG = { family: 0, type: 1, state: 2, ino: 4, cookie: 8, size: 16 } as const;

/** Every state. */
export const ANY_STATE = 0xffffffff;

/** Selects unix sockets and information. */
export interface UnixDiagRequest {
  /**
   * Bits of the states of include/net/tcp_states.h: LISTEN, ESTABLISHED, and CLOSE for the rest.
   */
  readonly states: number;
  /** The number of the socket's file; ignored in a dump. */
  readonly inode: number;
  /** Bits of UDIAG_SHOW. */
  readonly show: number;
}

/** The kernel's information about a unix socket. */
export interface UnixDiagMessage {
  /** SOCK_STREAM and so on. */
  readonly type: number;
  readonly state: number;
  readonly inode: number;
  /** The bytes of sun_path, without the NUL after a path; undefined if it has no name. */
  readonly name: Uint8Array | undefined;
  /** The file that it is bound to, as in stat(2). */
  readonly file: { readonly inode: number; readonly device: number } | undefined;
  /** For a listener, the waiting connections and the backlog in effect; for others, bytes. */
  readonly queue: { readonly pending: number; readonly limit: number } | undefined;
  /** The user that created it. */
  readonly uid: number | undefined;
}

/** struct unix_diag_req. */
export function encodeUnixDiagRequest({ states, inode, show }: UnixDiagRequest): Uint8Array {
  const bytes = new Uint8Array(UNIX_REQ.size);
  const view = new DataView(bytes.buffer);
  view.setUint8(UNIX_REQ.family, constants.AF.UNIX);
  view.setUint32(UNIX_REQ.states, states, true);
  view.setUint32(UNIX_REQ.ino, inode, true);
  view.setUint32(UNIX_REQ.show, show, true);
  view.setBigUint64(UNIX_REQ.cookie, 0xffffffffffffffffn, true); // any
  return bytes;
}

/** struct unix_diag_msg and the attributes after it; undefined if the payload is too short. */
export function decodeUnixDiagMessage(payload: Uint8Array): UnixDiagMessage | undefined {
  if (payload.byteLength < UNIX_MSG.size) return undefined;
  const view = viewOf(payload);
  const attributes = decodeAttributes(payload.subarray(UNIX_MSG.size));
  const name = attributes.get(UNIX_DIAG.NAME);
  const file = attributes.get(UNIX_DIAG.VFS);
  const queue = attributes.get(UNIX_DIAG.RQLEN);
  const uid = attributes.get(UNIX_DIAG.UID);
  return {
    type: view.getUint8(UNIX_MSG.type),
    state: view.getUint8(UNIX_MSG.state),
    inode: view.getUint32(UNIX_MSG.ino, true),
    name: name?.slice(),
    file: pair(file, (inode, device) => ({ inode, device: userDevice(device) })),
    queue: pair(queue, (pending, limit) => ({ pending, limit })),
    uid: uid !== undefined && uid.byteLength >= 4 ? viewOf(uid).getUint32(0, true) : undefined,
  };
}

/** Two numbers of 32 bits. */
function pair<Value>(
  bytes: Uint8Array | undefined,
  of: (first: number, second: number) => Value,
): Value | undefined {
  if (bytes === undefined || bytes.byteLength < 8) return undefined;
  const view = viewOf(bytes);
  return of(view.getUint32(0, true), view.getUint32(4, true));
}

/**
 * The kernel's own dev_t, of 12 and 20 bits (include/linux/kdev_t.h), converted as for stat(2):
 * new_encode_dev puts the low 8 bits of the minor number below the major, and the rest above.
 */
function userDevice(device: number): number {
  const [major, minor] = [device >>> 20, device & 0xfffff];
  return ((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0;
}
