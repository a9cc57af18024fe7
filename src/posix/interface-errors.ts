import {
  ProcessFdQuotaExceeded,
  SystemFdQuotaExceeded,
  SystemResources,
  Unexpected,
} from "../errors/entries.ts";

/** The errors that if_indextoname() and if_nametoindex() share, because both open a socket. */
export const interfaceEntries = {
  ProcessFdQuotaExceeded: {
    ...ProcessFdQuotaExceeded,
    // glibc tries every address family, and reports the error of the last one's missing file
    // (__opensock in socket/opensock.c).
    codes: [...ProcessFdQuotaExceeded.codes, "ENOENT"],
  },
  SystemFdQuotaExceeded,
  SystemResources,
  Unexpected,
} as const;
