import type { ReadCodec } from "../option.ts";

/** The credentials of a socket's peer: struct ucred. */
export interface Credentials {
  /**
   * The pid in our pid namespace; 0 if the process is outside it or there is no peer.
   */
  readonly pid: number;
  /**
   * The effective user id; 4294967295 if there is no peer, 65534 if it is not mapped in our user
   * namespace.
   */
  readonly uid: number;
  /** The effective group id, with the same special values as `uid`. */
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
 * An array of gid_t. If there are more, the kernel returns ERANGE and the length, and getsockopt()
 * retries.
 */
export const groups: ReadCodec<readonly number[]> = {
  size: 1024,
  decode: ({ view, valid }) =>
    Array.from({ length: valid.byteLength / 4 }, (_, index) => view.getUint32(index * 4, true)),
};
