/** The errors that attachFilter(), attachReuseportFilter() and detachFilter() share. */
export const filterEntries = {
  OptionNotSupported: {
    codes: ["ENOPROTOOPT", "EOPNOTSUPP"],
    message: "The system, or the protocol of the socket, has no such filters.",
  },
  PermissionDenied: {
    codes: ["EPERM"],
    message: "The filter is locked (SO.LOCK_FILTER).",
  },
} as const;
