/** What an error says. */
export interface ErrorText {
  /** What happened. */
  readonly message: string;
  /** What to do about it. */
  readonly advice?: string;
}

/** The kinds of address that an error may say different things about. */
export interface ErrorCases {
  /** An IP address with a port. */
  readonly port?: ErrorText;
  /** An IP address with port 0, for which the system chooses one. */
  readonly noPort?: ErrorText;
  /** A unix path in the file system. */
  readonly path?: ErrorText;
  /** A name in Linux's abstract namespace. */
  readonly abstractName?: ErrorText;
}

/** One member of a call's errors, as a manual page has it. */
export interface ErrorEntry extends ErrorText {
  /** The C names that lead here. Where rows share one, the call asks the socket which it is. */
  readonly codes: readonly string[];
  /**
   * The code of an error that we raise without a system call, where no system's code leads here.
   */
  readonly code?: string;
  /** What it says instead where the kind of the address tells more. */
  readonly cases?: ErrorCases;
  /** What it says instead where the code tells more. */
  readonly codeTexts?: Readonly<Record<string, ErrorText>>;
}

// The rows that mean the same in every call stand here, once. A call that has more to say has a row
// of its own.

export const BadFileDescriptor: ErrorEntry = {
  codes: ["EBADF"],
  message: "The descriptor is not open.",
  advice: "It never was, or something else in the process has closed it.",
};

export const ConnectionAborted: ErrorEntry = {
  codes: ["ECONNABORTED"],
  message: "The connection was ended by this system, as `ss --kill` does.",
};

export const ConnectionRefused: ErrorEntry = {
  codes: ["ECONNREFUSED"],
  message:
    "Nobody listens on the address that an earlier message was sent to, or the connection was refused.",
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
  message: "The network interface that the socket is bound to, or the address names, is not there.",
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
  message: "No route leads to the network of the address.",
};

export const NotADirectory: ErrorEntry = {
  codes: ["ENOTDIR"],
  message: "A part of the path is not a directory.",
};

export const ProcessFdQuotaExceeded: ErrorEntry = {
  codes: ["EMFILE"],
  message: "The process has as many descriptors open as it may.",
  advice: "Close some, or raise the limit (ulimit -n).",
};

/**
 * What ICMP can tell besides (icmp_err_convert in net/ipv4/icmp.c, icmpv6_err_convert in
 * net/ipv6/icmp.c).
 */
export const ProtocolFailure: ErrorEntry = {
  codes: ["EPROTO", "ENOPROTOOPT"],
  message: "The network reports that the peer does not know the protocol, or cannot make sense of a packet.",
};

export const SocketClosed: ErrorEntry = {
  codes: [],
  code: "EBADF",
  message: "The socket is closed, or not open yet; no system call was made.",
};

export const SymLinkLoop: ErrorEntry = {
  codes: ["ELOOP"],
  message: "The path goes through too many symbolic links.",
};

export const SystemFdQuotaExceeded: ErrorEntry = {
  codes: ["ENFILE"],
  message: "The system has as many files open as it may.",
  advice: "See fs.file-max.",
};

export const SystemResources: ErrorEntry = {
  codes: ["ENOBUFS", "ENOMEM"],
  message: "The system is out of memory or of buffers.",
};

export const Unexpected: ErrorEntry = {
  codes: [],
  message: "The system answered with an error that this call does not document.",
  advice: "Please report it: the table of the call lacks it.",
  codeTexts: {
    // Zig holds both of these impossible.
    WSAEINPROGRESS: {
      message: "A blocking call of Winsock 1.1 is under way in this thread.",
      advice: "Something in the process uses WSASetBlockingHook(), which Winsock 2 does not have: end that.",
    },
    WSANOTINITIALISED: {
      message:
        "Winsock is not started any more: something in the process has called WSACleanup() once too often.",
      advice: "Find it: berkeley calls WSAStartup() once, and never WSACleanup().",
    },
  },
};

export const WouldBlock: ErrorEntry = {
  codes: ["EAGAIN"],
  message: "The call would block, and the socket does not.",
};
