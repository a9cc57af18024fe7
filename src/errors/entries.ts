/** The parts of an error's message. */
export interface ErrorText {
  /** What happened. */
  readonly message: string;
  /** What to do about it. */
  readonly advice?: string;
}

/** The kinds of address for which an error may have different messages. */
export interface ErrorCases {
  /** An IP address with a port. */
  readonly port?: ErrorText;
  /** An IP address with port 0, for which the system chooses a port. */
  readonly noPort?: ErrorText;
  /** A unix path in the file system. */
  readonly path?: ErrorText;
  /** A name in Linux's abstract namespace. */
  readonly abstractName?: ErrorText;
}

/** One of a call's errors, as in a manual page. */
export interface ErrorEntry extends ErrorText {
  /**
   * The C names that map to this entry. If entries share one, the call asks the socket which
   * applies.
   */
  readonly codes: readonly string[];
  /**
   * The code of an error that berkeley raises without a system call, if no system's code maps to
   * this entry.
   */
  readonly code?: string;
  /** Replacement text for a kind of address that says more. */
  readonly cases?: ErrorCases;
  /** Replacement text for a code that says more. */
  readonly codeTexts?: Readonly<Record<string, ErrorText>>;
}

// Entries that mean the same in every call. A call that has more to say has an entry of its own.

export const AddressFamilyNotSupported: ErrorEntry = {
  codes: ["EAFNOSUPPORT"],
  message: "The address family does not match the socket's.",
};

export const BadFileDescriptor: ErrorEntry = {
  codes: ["EBADF"],
  message: "The descriptor is not open.",
  advice: "It was never opened, or other code in the process has closed it.",
};

export const ConnectionAborted: ErrorEntry = {
  codes: ["ECONNABORTED"],
  message: "The local system aborted the connection, as `ss --kill` does.",
};

export const ConnectionRefused: ErrorEntry = {
  codes: ["ECONNREFUSED"],
  message:
    "The peer refused the connection, or nothing listens on the address an earlier message was sent to.",
};

export const ConnectionResetByPeer: ErrorEntry = {
  codes: ["ECONNRESET"],
  message: "The peer reset the connection.",
};

export const ConnectionTimedOut: ErrorEntry = {
  codes: ["ETIMEDOUT"],
  message: "The peer did not answer in time.",
};

export const DeviceNotFound: ErrorEntry = {
  codes: ["ENODEV", "ENXIO"],
  message: "The network interface that the socket is bound to, or that the address names, does not exist.",
};

export const FileDescriptorNotASocket: ErrorEntry = {
  codes: ["ENOTSOCK"],
  message: "The descriptor does not refer to a socket.",
};

export const FileNotFound: ErrorEntry = {
  codes: ["ENOENT"],
  message: "The path, or a directory of it, does not exist.",
};

export const HostUnreachable: ErrorEntry = {
  codes: ["EHOSTUNREACH", "EHOSTDOWN", "ENONET"],
  message: "The host cannot be reached.",
};

export const InputOutput: ErrorEntry = {
  codes: ["EIO"],
  message: "The file system failed to read or write.",
};

export const NameTooLong: ErrorEntry = {
  codes: ["ENAMETOOLONG"],
  message: "The path, or a part of it, is too long.",
};

export const NetworkSubsystemFailed: ErrorEntry = {
  codes: ["ENETDOWN"],
  message: "The network subsystem, or the interface in use, is down.",
};

export const NetworkUnreachable: ErrorEntry = {
  codes: ["ENETUNREACH"],
  message: "There is no route to the address's network.",
};

export const NotADirectory: ErrorEntry = {
  codes: ["ENOTDIR"],
  message: "A part of the path is not a directory.",
};

export const OperationNotSupported: ErrorEntry = {
  codes: ["EOPNOTSUPP"],
  message: "The protocol does not support the call.",
};

/** For the calls of SCTP, which are options of level SOL_SCTP: other protocols lack the level. */
export const NotAnSctpSocket: ErrorEntry = {
  codes: ["ENOPROTOOPT", "EOPNOTSUPP"],
  message: "The socket is not an SCTP socket, or the system is not Linux.",
};

export const ProcessFdQuotaExceeded: ErrorEntry = {
  codes: ["EMFILE"],
  message: "The process has reached its limit of open descriptors.",
  advice: "Close some, or raise the limit (ulimit -n).",
};

/**
 * The other errors that ICMP can report (icmp_err_convert in net/ipv4/icmp.c, icmpv6_err_convert in
 * net/ipv6/icmp.c).
 */
export const ProtocolFailure: ErrorEntry = {
  codes: ["EPROTO", "ENOPROTOOPT"],
  message: "An ICMP error reported that the peer does not support the protocol, or could not parse a packet.",
};

export const SocketClosed: ErrorEntry = {
  codes: [],
  code: "EBADF",
  message: "The socket is closed or not open yet; no system call was made.",
};

export const SocketNotConnected: ErrorEntry = {
  codes: ["ENOTCONN"],
  message: "The socket is not connected.",
};

export const SymLinkLoop: ErrorEntry = {
  codes: ["ELOOP"],
  message: "The path goes through too many symbolic links.",
};

export const SystemFdQuotaExceeded: ErrorEntry = {
  codes: ["ENFILE"],
  message: "The system has reached its limit of open files.",
  advice: "Raise it (fs.file-max on Linux).",
};

export const SystemResources: ErrorEntry = {
  codes: ["ENOBUFS", "ENOMEM"],
  message: "The system is out of memory or network buffers.",
};

export const Unexpected: ErrorEntry = {
  codes: [],
  message: "The system returned an error that berkeley does not document for this call.",
  advice: "Please report it.",
  codeTexts: {
    // Of epoll_ctl(2), beneath the call: bind() and setsockopt() have entries of their own.
    ENOSPC: {
      message: "The user has reached the limit of descriptors that epoll may watch.",
      advice: "Raise it (fs.epoll.max_user_watches).",
    },
    // Zig treats both of these as impossible.
    WSAEINPROGRESS: {
      message: "A blocking Winsock 1.1 call is in progress on this thread.",
      advice: "Remove the code that calls WSASetBlockingHook(), which Winsock 2 does not have.",
    },
    WSANOTINITIALISED: {
      message: "Winsock has been shut down: something in the process has called WSACleanup() once too often.",
      advice: "Find it: berkeley calls WSAStartup() once, and never WSACleanup().",
    },
  },
};

export const WouldBlock: ErrorEntry = {
  codes: ["EAGAIN"],
  message: "The call would block, and the socket is non-blocking.",
};

export const WrongProtocolType: ErrorEntry = {
  codes: ["EPROTOTYPE"],
  message: "The unix socket at the address has a different type.",
};
