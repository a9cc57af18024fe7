import { type MmsghdrLayout, messageHeaders } from "../msghdr.ts";

/**
 * struct mmsghdr { struct msghdr msg_hdr; ssize_t msg_len; } of FreeBSD (sys/socket.h). macOS has
 * no such structure, and the same struct msghdr.
 */
export const MMSGHDR: MmsghdrLayout = { flags: 44, len: 48, size: 56 };

export const { readHeaders, writeHeaders } = messageHeaders(MMSGHDR);
