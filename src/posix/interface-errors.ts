import {
  ProcessFdQuotaExceeded,
  SystemFdQuotaExceeded,
  SystemResources,
  Unexpected,
} from "../errors/entries.ts";

/** What if_indextoname() and if_nametoindex() share of their error sets: both open a socket. */
export const interfaceEntries = {
  ProcessFdQuotaExceeded: {
    ...ProcessFdQuotaExceeded,
    // glibc tries families of sockets until none is left to try, and keeps the error of a path that
    // is not there (__opensock in socket/opensock.c).
    codes: [...ProcessFdQuotaExceeded.codes, "ENOENT"],
  },
  SystemFdQuotaExceeded,
  SystemResources,
  Unexpected,
} as const;
