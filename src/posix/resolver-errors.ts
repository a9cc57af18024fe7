import {
  type ErrorEntry,
  ProcessFdQuotaExceeded,
  SystemFdQuotaExceeded,
  SystemResources,
  Unexpected,
} from "../errors/entries.ts";

/** The errors that getaddrinfo() and getnameinfo() share, except those about their arguments. */
export const resolverEntries = {
  NameServerFailure: {
    codes: ["EAI_FAIL"],
    message: "The name server reported a permanent failure.",
  },
  NameTooLong: {
    codes: ["EAI_OVERFLOW"],
    message: "A name is too long for its buffer.",
  },
  OperationNotSupported: {
    codes: ["EOPNOTSUPP"],
    message: "Not supported on Windows.",
    advice: "Use node:dns.",
  },
  ProcessFdQuotaExceeded,
  SystemFdQuotaExceeded,
  SystemResources: { ...SystemResources, codes: [...SystemResources.codes, "EAI_MEMORY"] },
  TemporaryNameServerFailure: {
    codes: ["EAI_AGAIN"],
    message: "No name server answered.",
    advice: "Try again later.",
  },
  Unexpected,
} satisfies Readonly<Record<string, ErrorEntry>>;
