import { MSG as COMMON, IOV, messageHeaders } from "../msghdr.ts";

export { IOV };

/**
 * struct mmsghdr { struct msghdr msg_hdr; unsigned int msg_len; } (include/linux/socket.h); glibc's
 * and musl's are the same bytes.
 */
export const MSG = { ...COMMON, flags: 48, len: 56, size: 64 };

export const { readHeaders, writeHeaders } = messageHeaders(MSG);
