import type { ReadCodec } from "../option.ts";

/** Who made a socket's peer: struct ucred. */
export interface Credentials {
  /**
   * The number of the process, in our pid namespace; 0 where it is not in it, or there is no peer.
   */
  readonly pid: number;
  /**
   * The effective user; 4294967295 where there is no peer, 65534 where it has no number in our user
   * namespace.
   */
  readonly uid: number;
  /** The effective group; as `uid`. */
  readonly gid: number;
}

/** struct ucred is { pid_t pid; uid_t uid; gid_t gid } (include/linux/socket.h). */
export const credentials: ReadCodec<Credentials> = {
  size: 12,
  decode: ({ view }) => ({
    pid: view.getInt32(0, true),
    uid: view.getUint32(4, true),
    gid: view.getUint32(8, true),
  }),
};

/**
 * An array of gid_t. The kernel says ERANGE, and the length, where there are more: getsockopt()
 * asks again.
 */
export const groups: ReadCodec<readonly number[]> = {
  size: 1024,
  decode: ({ view, valid }) =>
    Array.from({ length: valid.byteLength / 4 }, (_, index) => view.getUint32(index * 4, true)),
};
