import type { ReadCodec } from "../option.ts";

/** The credentials of a unix socket's peer: struct xucred of macOS and FreeBSD. */
export interface PeerCredentials {
  /** The effective user id. */
  readonly uid: number;
  /** The group ids, at most 16, the effective one first. */
  readonly groups: readonly number[];
}

/**
 * struct xucred is { u_int cr_version; uid_t cr_uid; short cr_ngroups; gid_t cr_groups[16] }
 * (sys/ucred.h of both); FreeBSD's has cr_pid behind it, since 13.
 */
const XUCRED = { uid: 4, ngroups: 8, groups: 12, most: 16 };

export const peerCredentials: ReadCodec<PeerCredentials> = {
  // FreeBSD's; macOS's is shorter.
  size: 88,
  decode({ view }) {
    const length = Math.min(Math.max(0, view.getInt16(XUCRED.ngroups, true)), XUCRED.most);
    return {
      uid: view.getUint32(XUCRED.uid, true),
      groups: Array.from({ length }, (_, index) => view.getUint32(XUCRED.groups + index * 4, true)),
    };
  },
};
