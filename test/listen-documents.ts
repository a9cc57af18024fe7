// The content of docs/listen.md: each sentence of POSIX listen(3p) and each part of Zig's
// std.posix.listen, in our own words, with the rows of docs/conformance.json that demonstrate it.

/** Where the code is: a file, and a name in it. */
export type Code = readonly [file: string, name: string];

/** One sentence of a document, or one member of an error set. */
export interface Clause {
  /** The document's sentence in our own words, or the name of an error. */
  readonly says: string;
  /** How berkeley behaves. */
  readonly berkeley: string;
  readonly code: readonly Code[];
  /** The rows that demonstrate it: clauses by table. */
  readonly evidence: Readonly<Record<string, readonly string[]>>;
}

/** A part of a document: its heading and its clauses. */
export interface Part {
  readonly title: string;
  readonly clauses: readonly Clause[];
}

const tryListen: Code = ["src/posix/listen.ts", "tryListen"];
const errorSet: Code = ["src/posix/listen.ts", "listenErrors"];
const whyInvalid: Code = ["src/posix/listen.ts", "whyInvalid"];
const clampBacklog: Code = ["src/posix/listen.ts", "clampBacklog"];
const effectiveBacklog: Code = ["src/posix/accept-queue.ts", "effectiveBacklog"];
const acceptQueue: Code = ["src/posix/accept-queue.ts", "acceptQueue"];
const entries: Code = ["src/errors/entries.ts", "FileDescriptorNotASocket"];
const state: Code = ["src/posix/socket-state.ts", "socketState"];

export const posix: readonly Part[] = [
  {
    title: "Synopsis",
    clauses: [
      {
        says: "`int listen(int socket, int backlog)`, declared in `<sys/socket.h>`.",
        berkeley:
          "`listen(socket, backlog)` and `tryListen(socket, backlog)` of `berkeley/posix`. `socket` is a " +
          "`Socket`, a descriptor number, or a socket or server of Node's, borrowed for the call. " +
          "`backlog` is an integer; other numbers are refused before any system call.",
        code: [tryListen, clampBacklog, ["src/posix/borrow.ts", "borrow"]],
        evidence: {
          listen: [
            "the backlog reaches the system clamped, and as an int",
            "a backlog that is not an integer is rejected before any system call",
          ],
        },
      },
    ],
  },
  {
    title: "Description",
    clauses: [
      {
        says: "The call makes a connection-mode socket accept connections.",
        berkeley: "Passes the call to the system. A client can connect as soon as it returns.",
        code: [tryListen],
        evidence: { listen: ["marks a connection-mode socket as accepting connections"] },
      },
      {
        says: "The backlog is a hint that limits how many connections may wait in the queue.",
        berkeley:
          "Passes the hint on. `acceptQueue()` reads how many connections wait and the limit in effect. " +
          "On Linux the queue holds one connection more than the backlog.",
        code: [tryListen, acceptQueue],
        evidence: {
          listen: [
            "backlog limits the queue: it holds one more than the backlog, and the next connect waits",
            "a unix listener reports its queue, too; it holds one more than the backlog",
          ],
          acceptQueue: ["pending counts what waits, up with each connect and down with each accept"],
        },
      },
      {
        says: "The system may impose a limit and reduce the backlog without saying so.",
        berkeley: "`effectiveBacklog()` returns the backlog that the system granted.",
        code: [effectiveBacklog],
        evidence: {
          listen: ["a larger backlog is silently reduced to the limit: net.core.somaxconn"],
        },
      },
      {
        says: "A larger backlog normally gives a queue that is at least as long.",
        berkeley: "Never reorders or scales a backlog, so the system's queue grows with it.",
        code: [clampBacklog],
        evidence: {
          listen: [
            "a larger backlog gives a larger or equal queue",
            "a second listen changes the backlog",
            "a backlog past 2147483647 acts as 2147483647",
          ],
        },
      },
      {
        says: "Backlogs up to `SOMAXCONN` must be supported.",
        berkeley: "Exports each system's `SOMAXCONN`. The async API uses it when no backlog is given.",
        code: [
          tryListen,
          ["src/posix/constants.ts", "SOMAXCONN"],
          ["src/net/listener/listening-sockets.ts", "SOMAXCONN"],
        ],
        evidence: { listen: ["backlogs up to SOMAXCONN are supported"] },
      },
      {
        says: "The queue may also hold connections whose handshake is incomplete.",
        berkeley:
          "On Linux it does not: `acceptQueue().pending` counts established connections. The reference " +
          "of `listen()` says how other systems count.",
        code: [acceptQueue],
        evidence: {
          listen: ["incomplete connections are not in the queue: only established ones are pending"],
        },
      },
      {
        says: "Incomplete and completed connections may have different limits.",
        berkeley:
          "On Linux they do: the backlog limits completed connections, and `tcp_max_syn_backlog` the others.",
        code: [acceptQueue, ["src/posix/listen.ts", "tcp_max_syn_backlog"]],
        evidence: {
          listen: ["incomplete connections are not in the queue: only established ones are pending"],
        },
      },
      {
        says: "There may be an upper limit on the queue, for the whole system or for each socket.",
        berkeley:
          "The limits are `net.core.somaxconn` on Linux, `kern.ipc.somaxconn` on macOS and " +
          "`kern.ipc.soacceptqueue` on FreeBSD; the reference names them. " +
          "`effectiveBacklog()` reads the result.",
        code: [effectiveBacklog],
        evidence: {
          listen: ["a larger backlog is silently reduced to the limit: net.core.somaxconn"],
        },
      },
      {
        says: "A backlog above that limit sets the queue's length to the limit.",
        berkeley: "Accepts any larger integer, also beyond a C `int`, and clamps it to 2147483647.",
        code: [clampBacklog, effectiveBacklog],
        evidence: {
          listen: [
            "a larger backlog is silently reduced to the limit: net.core.somaxconn",
            "a backlog past 2147483647 acts as 2147483647",
          ],
        },
      },
      {
        says: "A negative backlog acts as 0.",
        berkeley:
          "Passes 0 in place of a negative backlog. Linux itself compares the number unsigned and would " +
          "take -1 for the maximum.",
        code: [clampBacklog],
        evidence: {
          listen: ["a negative backlog acts as 0", "the backlog reaches the system clamped, and as an int"],
        },
      },
      {
        says:
          "With a backlog of 0 the socket may accept connections, with a minimum " +
          "length of the system's choice.",
        berkeley: "Passes 0 on. On Linux one connection is still queued.",
        code: [tryListen],
        evidence: { listen: ["a backlog of 0 may allow connections: on Linux, one"] },
      },
      {
        says: "The process may need privileges to listen on the socket.",
        berkeley: "Reports the refusal as `AccessDenied`, code EACCES.",
        code: [errorSet],
        evidence: {
          listen: ["the socket may require a privilege: EACCES", "EACCES is AccessDenied"],
        },
      },
    ],
  },
  {
    title: "Return value",
    clauses: [
      {
        says: "0 on success; otherwise -1, with errno set.",
        berkeley:
          "`listen()` returns nothing and throws a `ListenError`; `tryListen()` returns `{ ok: true }` or " +
          "`{ ok: false, error }`. The error keeps the errno as `code` and `errno`.",
        code: [tryListen, ["src/errors/error-set.ts", "failure"]],
        evidence: { listen: ["returns nothing on success"] },
      },
    ],
  },
  {
    title: "Errors that must be reported",
    clauses: [
      {
        says: "**EBADF**: the argument is not an open descriptor.",
        berkeley:
          "`BadFileDescriptor`. A `Socket` that berkeley closed fails earlier, as `SocketClosed`, " +
          "without a system call, so it can never reach a descriptor that has been reused.",
        code: [entries, tryListen],
        evidence: {
          listen: [
            "EBADF: the descriptor was closed behind our back",
            "EBADF is BadFileDescriptor",
            "a closed Socket makes no system call",
            "a closed Socket never touches its descriptor, though the number is in use again",
          ],
        },
      },
      {
        says: "**EDESTADDRREQ**: the socket is unbound, and its protocol cannot listen unbound.",
        berkeley: "`SocketNotBound`. Linux reports EINVAL here, so the socket is asked whether it is bound.",
        code: [errorSet, whyInvalid, ["src/posix/socket-state.ts", "isBound"]],
        evidence: {
          listen: ["EDESTADDRREQ, on Linux EINVAL: an unbound unix socket", "EDESTADDRREQ is SocketNotBound"],
        },
      },
      {
        says: "**EINVAL**: the socket is already connected.",
        berkeley:
          "`AlreadyConnected`, or `ConnectionPending` while a connect is in progress. EINVAL has several " +
          "causes, so the socket's state decides.",
        code: [whyInvalid, state],
        evidence: {
          listen: [
            "EINVAL: the socket is already connected",
            "EINVAL: a socketpair's end is connected, though it is not bound",
            "EINVAL: the socket's peer has shut down; it is connected still",
            "EINVAL: the socket is connecting (SYN_SENT)",
            "EISCONN is AlreadyConnected",
          ],
        },
      },
      {
        says: "**ENOTSOCK**: the descriptor is not a socket.",
        berkeley: "`FileDescriptorNotASocket`.",
        code: [entries],
        evidence: {
          listen: [
            "ENOTSOCK: the descriptor does not refer to a socket",
            "ENOTSOCK is FileDescriptorNotASocket",
          ],
        },
      },
      {
        says: "**EOPNOTSUPP**: the socket's protocol does not support listening.",
        berkeley: "`OperationNotSupported`, with advice on which types can listen.",
        code: [errorSet],
        evidence: {
          listen: [
            "EOPNOTSUPP: the socket is not of a type that listens",
            "EOPNOTSUPP is OperationNotSupported",
          ],
        },
      },
    ],
  },
  {
    title: "Errors that may be reported",
    clauses: [
      {
        says: "**EACCES**: the process lacks the privileges.",
        berkeley: "`AccessDenied`.",
        code: [errorSet],
        evidence: {
          listen: ["the socket may require a privilege: EACCES", "EACCES is AccessDenied"],
        },
      },
      {
        says: "**EINVAL**: the socket has been shut down.",
        berkeley: "`SocketShutDown`, also for a connection that was reset.",
        code: [whyInvalid, state],
        evidence: {
          listen: [
            "EINVAL: the socket has been shut down",
            "EINVAL: the connection was reset",
            "SHUT_RD on a TCP listener ends listening; it can listen again",
            "SHUT_RD on a unix listener refuses from then on, though it listens again",
          ],
        },
      },
      {
        says: "**ENOBUFS**: the system lacks resources.",
        berkeley: "`SystemResources`; so are ENOMEM and, on Windows, EMFILE.",
        code: [errorSet],
        evidence: {
          listen: ["ENOBUFS is SystemResources", "ENOMEM is SystemResources", "EMFILE is SystemResources"],
        },
      },
    ],
  },
];

/** Zig's prototype and switch, and the members of `ListenError` by Zig's names. */
export const zig: readonly Part[] = [
  {
    title: "Prototype",
    clauses: [
      {
        says: "`backlog: u31`: no negative backlog, and none above 2147483647.",
        berkeley: "Takes any integer and clamps it to that range, as POSIX asks.",
        code: [clampBacklog],
        evidence: {
          listen: [
            "a backlog past 2147483647 acts as 2147483647",
            "a negative backlog acts as 0",
            "the backlog reaches the system clamped, and as an int",
          ],
        },
      },
      {
        says: "`ListenError!void`: nothing on success, or a member of a closed error set.",
        berkeley:
          "`Result<void, ListenError>`, where `error.name` is a union of string literals that the compiler " +
          "checks for exhaustiveness.",
        code: [tryListen, errorSet],
        evidence: { listen: ["returns nothing on success"] },
      },
    ],
  },
  {
    title: "ListenError",
    clauses: [
      {
        says: "`AddressInUse`: another socket already listens on the port.",
        berkeley:
          "`AddressInUse`. Import `berkeley` or `berkeley/diagnose`, and the message names the holder.",
        code: [errorSet, ["src/diagnose/error-explanations.ts", "explain"]],
        evidence: {
          listen: [
            "EADDRINUSE: another socket is already listening on the same port",
            "EADDRINUSE is AddressInUse",
            "WSAEADDRINUSE: AddressInUse",
          ],
        },
      },
      {
        says: "`AddressInUse`: the socket was unbound, and no ephemeral port was free.",
        berkeley: "`AddressInUse` too, with a message that names the ephemeral range instead.",
        code: [errorSet, ["src/posix/listen.ts", "noPort"]],
        evidence: {
          listen: [
            "EADDRINUSE: the socket is not bound, and all ephemeral ports are in use",
            "an unbound TCP socket is bound to an ephemeral port",
          ],
        },
      },
      {
        says: "`AlreadyConnected`.",
        berkeley:
          "`AlreadyConnected` on every system. Zig reports it on Windows only; elsewhere its EINVAL is " +
          "`Unexpected`.",
        code: [whyInvalid, state],
        evidence: {
          listen: [
            "EINVAL: the socket is already connected",
            "EINVAL: the socket's peer has shut down; it is connected still",
            "WSAEISCONN: AlreadyConnected",
          ],
        },
      },
      {
        says: "`FileDescriptorNotASocket`: the descriptor is not a socket.",
        berkeley: "`FileDescriptorNotASocket`.",
        code: [entries],
        evidence: {
          listen: [
            "ENOTSOCK: the descriptor does not refer to a socket",
            "WSAENOTSOCK: FileDescriptorNotASocket",
          ],
        },
      },
      {
        says: "`NetworkSubsystemFailed`: the network subsystem has failed.",
        berkeley: "`NetworkSubsystemFailed`. Only Winsock reports it (WSAENETDOWN).",
        code: [errorSet],
        evidence: {
          listen: ["ENETDOWN is NetworkSubsystemFailed", "WSAENETDOWN: NetworkSubsystemFailed"],
        },
      },
      {
        says: "`OperationNotSupported`: sockets of this type do not listen.",
        berkeley: "`OperationNotSupported`.",
        code: [errorSet],
        evidence: {
          listen: [
            "EOPNOTSUPP: the socket is not of a type that listens",
            "WSAEOPNOTSUPP: OperationNotSupported",
          ],
        },
      },
      {
        says: "`SocketNotBound`: the socket has not been bound yet.",
        berkeley:
          "`SocketNotBound`: for any unbound socket on Windows, and elsewhere for one whose protocol does " +
          "not choose an address by itself.",
        code: [errorSet, whyInvalid],
        evidence: {
          listen: [
            "Windows: an unbound socket is refused: WSAEINVAL",
            "WSAEINVAL: SocketNotBound",
            "EDESTADDRREQ, on Linux EINVAL: an unbound unix socket",
          ],
        },
      },
      {
        says: "`SystemResources`: out of memory or, on Windows, of descriptors or buffers.",
        berkeley: "`SystemResources`.",
        code: [errorSet],
        evidence: {
          listen: [
            "WSAEMFILE: SystemResources",
            "WSAENOBUFS: SystemResources",
            "ENOBUFS is SystemResources",
            "ENOMEM is SystemResources",
          ],
        },
      },
      {
        says: "`Unexpected`: an error code that the system does not document.",
        berkeley: "`Unexpected`, with the code and number that the system reported.",
        code: [["src/errors/entries.ts", "Unexpected"]],
        evidence: { listen: ["an undocumented errno is Unexpected, and keeps its code and number"] },
      },
    ],
  },
  {
    title: "What Zig calls unreachable",
    clauses: [
      {
        says: "`BADF => unreachable`: a closed descriptor is undefined behaviour.",
        berkeley: "An ordinary error: `BadFileDescriptor`, or `SocketClosed` for a `Socket` that was closed.",
        code: [entries, tryListen],
        evidence: {
          listen: [
            "EBADF: the descriptor was closed behind our back",
            "EBADF is BadFileDescriptor",
            "a closed Socket makes no system call",
          ],
        },
      },
      {
        says: "`WSANOTINITIALISED => unreachable`: WSAStartup has not run.",
        berkeley:
          "berkeley calls WSAStartup when it loads; if Winsock reports this anyway, it is `Unexpected`.",
        code: [["src/system/windows/ws2_32.ts", "WSAStartup"]],
        evidence: { listen: ["WSANOTINITIALISED: Unexpected"] },
      },
      {
        says: "`WSAEINPROGRESS => unreachable`: a blocking Winsock 1.1 call is in progress.",
        berkeley: "`Unexpected`.",
        code: [["src/errors/entries.ts", "Unexpected"]],
        evidence: { listen: ["WSAEINPROGRESS: Unexpected"] },
      },
    ],
  },
];
