import fc, { type Arbitrary } from "fast-check";
import * as posix from "../src/posix/index.ts";
import { AF, IPPROTO, MSG, POLL, rawOption, SOCK } from "../src/posix/index.ts";

// Random arguments, valid and invalid, as data: anything that depends on the sockets of the run (a
// socket, its number, its address) is a reference, so that fast-check can print and shrink a
// failing sequence.

/** The socket of the pool with this index, in one of its forms. */
export class SocketReference {
  readonly index: number;
  readonly form: "socket" | "number";

  constructor(index: number, form: "socket" | "number") {
    this.index = index;
    this.form = form;
  }
}

/** The address that a socket of the pool is bound to. */
export class AddressReference {
  readonly index: number;

  constructor(index: number) {
    this.index = index;
  }
}

/**
 * Nothing here leaves the host: a network namespace has only the loopback interface; elsewhere,
 * loopback only.
 */
export const isolated = process.env.RANDOM_CALLS_ISOLATED === "1";

/** Boundary numbers, and any others. */
const number = fc.oneof(
  fc.constantFrom(
    0,
    1,
    2,
    3,
    -1,
    4,
    6,
    8,
    12,
    16,
    17,
    41,
    255,
    256,
    0x7fff,
    0xffff,
    0x7fffffff,
    -0x80000000,
    2 ** 31,
    2 ** 53,
  ),
  fc.integer(),
  fc.nat(300),
  fc.double(),
);

/** Values that no call takes: every kind of JavaScript value. */
const garbage: Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    true,
    false,
    "",
    "0",
    0n,
    -0,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Symbol.iterator,
  ),
  fc.constantFrom<unknown>(
    [],
    {},
    [[]],
    () => 0,
    /x/,
    new Date(0),
    new Map(),
    Object.create(null),
    { fd: 1 },
    { _handle: 1 },
  ),
  number,
  fc.string(),
  fc.anything({ maxDepth: 2 }),
);

/** Mostly valid, and now and then garbage. */
const mostly = <Value>(right: Arbitrary<Value>): Arbitrary<unknown> =>
  fc.oneof({ arbitrary: right, weight: 19 }, { arbitrary: garbage, weight: 1 });

const poolSocket = fc
  .tuple(fc.nat(63), fc.constantFrom("socket", "socket", "socket", "number"))
  .map(([index, form]) => new SocketReference(index, form === "number" ? form : "socket"));

/**
 * A socket of the pool, a number that is certainly not open, or garbage that is not a descriptor of
 * this process.
 */
const socket = fc.oneof(
  { arbitrary: poolSocket, weight: 30 },
  { arbitrary: fc.integer({ min: 100_000, max: 0x7fffffff }), weight: 1 },
  { arbitrary: garbage.filter((value) => !isSmallNumber(value) && !hasDescriptor(value)), weight: 1 },
);

/** Numbers that may be other descriptors of this process. */
const isSmallNumber = (value: unknown) => typeof value === "number" && value >= 0 && value < 100_000;

/** Objects that look like Node's objects with a descriptor. */
const hasDescriptor = (value: unknown) => typeof value === "object" && value !== null && "_handle" in value;

/** Outside a namespace, a port of 127.0.0.1 may belong to another program. */
const port = isolated
  ? fc.oneof(fc.constantFrom<number>(0, 9, 40_000), fc.integer({ min: 30_000, max: 65_535 }))
  : fc.constantFrom<number>(0, 9);

const everywhere4 = ["0.0.0.0", "10.1.2.3", "224.0.0.1", "255.255.255.255", "192.0.2.1"];
const everywhere6 = ["::", "2001:db8::1", "fe80::1", "ff02::1", "::ffff:10.1.2.3"];
const ipv4 = fc.record({
  family: fc.constantFrom("ipv4", "IPv4"),
  address: fc.constantFrom(
    "127.0.0.1",
    "127.0.0.1",
    "127.0.0.2",
    "127.255.255.255",
    ...(isolated ? everywhere4 : []),
  ),
  port,
});
const ipv6 = fc.record(
  {
    family: fc.constantFrom("ipv6", "IPv6"),
    address: fc.constantFrom("::1", "::1", "::ffff:127.0.0.1", ...(isolated ? everywhere6 : [])),
    port,
    flowlabel: fc.nat(0xfffff),
    scopeId: fc.nat(3),
  },
  { requiredKeys: ["family", "address", "port"] },
);

/**
 * Names in the abstract namespace, names in the working folder (the test's own), and paths that
 * lead nowhere.
 */
const path = fc.oneof(
  fc.nat(15).map((number) => `\0random-calls-${process.pid}-${number}`),
  fc.uint8Array({ maxLength: 110 }).map((bytes) => Buffer.concat([Buffer.alloc(1), bytes])),
  fc.constantFrom(
    "",
    "a",
    "b",
    "c/d",
    "a/b",
    "/nonexistent/socket",
    "/dev/null",
    "x".repeat(108),
    "x".repeat(109),
  ),
);

/** Families, except those of addresses that would reach out of the host or into its files. */
const unknownAddress = fc.record({
  family: fc.constant("unknown"),
  number: fc
    .oneof(fc.nat(50), fc.nat(0xffff))
    .filter((number) => isolated || (number !== AF.INET && number !== AF.INET6)),
  data: fc.uint8Array({ maxLength: 140 }).map((bytes) => {
    // A zero first keeps a unix path abstract.
    if (bytes.length > 0) bytes[0] = 0;
    return bytes;
  }),
});

/** Addresses that are partly malformed. They never reach a call. */
const wrongAddress = fc.oneof(
  fc.record({ family: garbage, address: fc.constant("127.0.0.1"), port: fc.constant(9) }),
  fc.record({ family: fc.constantFrom("ipv4", "ipv6"), address: garbage, port: fc.constant(9) }),
  fc.record({ family: fc.constant("ipv4"), address: fc.constant("127.0.0.1"), port: garbage }),
  fc.record({
    family: fc.constant("ipv6"),
    address: fc.constant("::1"),
    port,
    flowlabel: garbage,
    scopeId: garbage,
  }),
  fc.record({ family: fc.constant("unix"), path: garbage.filter((path) => typeof path !== "string") }),
  fc.record({ family: fc.constant("unknown"), number: fc.constant(77), data: garbage }),
);

const address = fc.oneof(
  { arbitrary: wrongAddress, weight: 1 },
  { arbitrary: fc.nat(63).map((index) => new AddressReference(index)), weight: 12 },
  { arbitrary: ipv4, weight: 4 },
  { arbitrary: ipv6, weight: 4 },
  { arbitrary: fc.record({ family: fc.constant("unix"), path }), weight: 4 },
  { arbitrary: fc.constant({ family: "unspecified" }), weight: 2 },
  { arbitrary: unknownAddress, weight: 2 },
);

/** Bytes that calls take, and memory that they reject. */
const bytes = fc.oneof(
  {
    arbitrary: fc.constantFrom(0, 1, 3, 16, 1000, 65_536).map((length) => new Uint8Array(length)),
    weight: 12,
  },
  {
    arbitrary: fc.constantFrom(0, 5, 100).map((length) => Buffer.alloc(200).subarray(50, 50 + length)),
    weight: 6,
  },
  { arbitrary: fc.constant(new Uint8Array(1 << 20)), weight: 1 },
  {
    arbitrary: fc.constantFrom<unknown>(
      new Uint8Array(new SharedArrayBuffer(16)),
      new Uint8Array(new ArrayBuffer(16, { maxByteLength: 32 })),
      new ArrayBuffer(16),
      new DataView(new ArrayBuffer(16)),
      new Int32Array(4),
      detached(),
    ),
    weight: 2,
  },
);

function detached(): Uint8Array {
  const view = new Uint8Array(16);
  structuredClone(view.buffer, { transfer: [view.buffer] });
  return view;
}

const messageFlags = fc.oneof(
  { arbitrary: fc.constant(0), weight: 6 },
  { arbitrary: fc.subarray(Object.values(MSG), { maxLength: 3 }).map(either), weight: 6 },
  { arbitrary: fc.integer(), weight: 1 },
);

function either(flags: readonly number[]): number {
  return flags.reduce((all, flag) => all | flag, 0);
}

/**
 * The families whose sockets stay on this host. AF_NETLINK speaks to the kernel itself, and
 * AF_VSOCK to the hypervisor's host.
 */
const domain = fc.oneof(
  { arbitrary: fc.constantFrom(AF.INET, AF.INET6, AF.UNIX), weight: 48 },
  // Closing one waits for every processor (synchronize_net in net/core/dev.c), so there are few.
  { arbitrary: fc.constant(isolated ? AF.PACKET : AF.UNIX), weight: 1 },
  { arbitrary: fc.constantFrom(-1, 0, 46, 255, 1000, 0x7fffffff, -0x80000000), weight: 2 },
);
const type = fc
  .tuple(
    fc.constantFrom(
      SOCK.STREAM,
      SOCK.STREAM,
      SOCK.DGRAM,
      SOCK.DGRAM,
      SOCK.SEQPACKET,
      SOCK.RDM,
      0,
      6,
      15,
      -1,
      ...(isolated ? [SOCK.RAW] : []),
    ),
    fc.constantFrom(0, 0, 0, SOCK.CLOEXEC, SOCK.NONBLOCK, 0x100000, 0x40000000),
  )
  .map(([type, flags]) => type | flags);
const protocol = fc.oneof(
  { arbitrary: fc.constant(0), weight: 8 },
  { arbitrary: fc.constantFrom(...Object.values(IPPROTO)), weight: 3 },
  { arbitrary: fc.constantFrom(-1, 256, 300, 0x7fffffff), weight: 1 },
);

/** Nothing here may block: everything is created non-blocking. */
const descriptorOptions = fc.record(
  { nonblocking: fc.constant(true), closeOnExec: fc.boolean() },
  { requiredKeys: ["nonblocking"] },
);

interface NamedOption {
  readonly name: string;
}

/**
 * Every exported option, except those that return a descriptor, load a kernel module, or put a
 * socket into a state where close() or the kernel waits.
 */
const typedOptions: readonly NamedOption[] = Object.values(posix)
  .filter((exported): exported is typeof exported & object => typeof exported === "object")
  .flatMap((exported) => Object.values(exported))
  .filter(
    (option): option is NamedOption => typeof option === "object" && option !== null && "numberOn" in option,
  )
  .filter(({ name }) => !/PIDFD|ULP|CONGESTION|REPAIR|XFRM|IPSEC/.test(name));

/**
 * The levels of the sockets here; the numbers of the options left out above, and of SO_LINGER, with
 * which close() would wait.
 */
const levels = [
  1,
  IPPROTO.IP,
  IPPROTO.ICMP,
  IPPROTO.TCP,
  IPPROTO.UDP,
  IPPROTO.IPV6,
  IPPROTO.ICMPV6,
  IPPROTO.RAW,
  263,
  284,
];
const unwelcome: Readonly<Record<number, readonly number[]>> = {
  1: [13, 77],
  [IPPROTO.IP]: [16, 17],
  [IPPROTO.TCP]: [13, 19, 20, 21, 22, 29, 31],
  [IPPROTO.IPV6]: [34, 35],
  284: [13],
};
/**
 * From 64 on, the options of IP and some of IPv6 belong to netfilter's modules, which differ in
 * their answers.
 */
const isNetfilters = (level: number, number: number) =>
  (level === IPPROTO.IP && number >= 64) ||
  (level === IPPROTO.IPV6 && [64, 65, 66, 67, 68, 69, 80, 83].includes(number));
const untypedOption = fc
  .tuple(
    fc.oneof(fc.constantFrom(...levels), fc.nat(300)),
    fc.nat(120),
    fc.constantFrom(0, 1, 4, 8, 64, 16_384),
  )
  .filter(([level, number]) => !unwelcome[level]?.includes(number) && !isNetfilters(level, number))
  .map(([level, number, size]) => rawOption(level, number, size));

const option = fc.oneof(
  { arbitrary: fc.constantFrom(...typedOptions), weight: 6 },
  { arbitrary: untypedOption, weight: 2 },
);

const ifindex = fc.constantFrom(0, 1, 2, 999);
const optionValue = fc.oneof(
  { arbitrary: fc.boolean(), weight: 4 },
  { arbitrary: number, weight: 4 },
  { arbitrary: fc.uint8Array({ maxLength: 64 }), weight: 3 },
  { arbitrary: fc.constantFrom("lo", "", "reno", "nothing", "x".repeat(20)), weight: 1 },
  { arbitrary: fc.record({ on: fc.boolean(), seconds: fc.constant(0) }), weight: 1 },
  {
    arbitrary: fc.record(
      {
        multiaddr: fc.constantFrom("224.1.2.3", "ff02::123", "127.0.0.1"),
        interface: fc.constantFrom<unknown>("127.0.0.1", "::1", 1, 0),
        sourceaddr: fc.constantFrom("127.0.0.1", "::1"),
        group: fc.constantFrom("224.1.2.3", "ff02::123", "127.0.0.1"),
        slist: fc.array(fc.constantFrom("127.0.0.1", "::1", "x"), { maxLength: 3 }),
        min: number,
        max: number,
        source: fc.constantFrom("127.0.0.1", "::1"),
        ifindex,
        address: fc.constantFrom("127.0.0.1", "::1"),
        fmode: fc.constantFrom("include", "exclude"),
        label: fc.nat(0xfffff),
      },
      { requiredKeys: [] },
    ),
    weight: 2,
  },
  { arbitrary: address, weight: 1 },
  { arbitrary: garbage, weight: 1 },
);

const pollRequests = fc.array(
  mostly(
    fc.record({
      socket,
      events: mostly(fc.subarray(Object.values(POLL), { maxLength: 3 }).map(either)),
    }),
  ),
  { maxLength: 6 },
);
/** A millisecond at most, or no events that poll() would wait for. */
const timeout = fc.oneof(
  { arbitrary: fc.constantFrom<unknown>(0, 0, 0, 0, 0, 0, 0, 0, 0, -0, 0.2, 1), weight: 12 },
  { arbitrary: fc.constantFrom<unknown>(Number.NaN, undefined, null, "0", "1", 1n, {}, []), weight: 1 },
);

/**
 * The descriptors are the run's own sockets; raw bytes are only for levels whose options contain
 * none.
 */
const controlMessage = fc.oneof(
  fc.record({ type: fc.constant("SCM_RIGHTS"), descriptors: fc.array(socket, { maxLength: 4 }) }),
  fc.record({
    type: fc.constant("SCM_CREDENTIALS"),
    pid: mostly(fc.constantFrom(0, process.pid)),
    uid: number,
    gid: number,
  }),
  fc.record({
    type: fc.constantFrom(
      "IP_TTL",
      "IP_TOS",
      "IPV6_HOPLIMIT",
      "IPV6_TCLASS",
      "UDP_SEGMENT",
      "UDP_GRO",
      "SCM_PIDFD",
      "IPV6_DONTFRAG",
      "IPV6_FLOWINFO",
      "SO_MARK",
      "SO_PRIORITY",
    ),
    value: mostly(fc.nat(300)),
  }),
  fc.record({
    type: fc.constantFrom("IP_PKTINFO", "IPV6_PKTINFO"),
    ifindex,
    specDst: fc.constantFrom("127.0.0.1", "127.0.0.2", "::1"),
    addr: fc.constant("0.0.0.0"),
    address: fc.constantFrom("::1", "::", "127.0.0.1"),
  }),
  fc.record({
    type: fc.constant("unknown"),
    level: fc.constantFrom(IPPROTO.IP, IPPROTO.IPV6, IPPROTO.UDP, 999),
    number,
    data: mostly(fc.uint8Array({ maxLength: 64 })),
  }),
);
const pieces = mostly(fc.array(mostly(bytes), { maxLength: 4 }));
const message = fc.record(
  {
    data: pieces,
    address: mostly(address),
    control: mostly(fc.array(mostly(controlMessage), { maxLength: 3 })),
  },
  { requiredKeys: ["data"] },
);
const messageBuffer = fc.record(
  { data: pieces, controlLength: mostly(fc.nat(2000)) },
  { requiredKeys: ["data"] },
);

/** Programs, most of which the kernel refuses. */
const filter = fc.array(fc.record({ code: fc.nat(0xff), jt: fc.nat(3), jf: fc.nat(3), k: fc.nat(0xffff) }), {
  maxLength: 6,
});

const requests = [...Object.values(posix.SIOC), ...Object.values(posix.FIO)];

/** The arguments of each call. */
export const callArguments: Readonly<Record<string, Arbitrary<unknown[]>>> = {
  accept: fc.tuple(socket, descriptorOptions),
  acceptQueue: fc.tuple(socket),
  attachFilter: fc.tuple(socket, mostly(filter)),
  attachReuseportFilter: fc.tuple(socket, mostly(filter)),
  bind: fc.tuple(socket, mostly(address)),
  close: fc.tuple(socket),
  connect: fc.tuple(socket, mostly(address)),
  detachFilter: fc.tuple(socket),
  dup: fc.tuple(socket, fc.record({ closeOnExec: fc.boolean() })),
  effectiveBacklog: fc.tuple(socket),
  getCloseOnExec: fc.tuple(socket),
  getNonblocking: fc.tuple(socket),
  getpeername: fc.tuple(socket),
  getsockname: fc.tuple(socket),
  getsockopt: fc.tuple(socket, mostly(option)),
  if_indextoname: fc.tuple(mostly(fc.nat(5))),
  if_nameindex: fc.tuple(),
  if_nametoindex: fc.tuple(mostly(fc.constantFrom("lo", "", "not-there", "x".repeat(40)))),
  ioctl: fc.tuple(
    socket,
    // None that would change this machine's interfaces.
    mostly(fc.constantFrom(...requests.filter(({ name }) => !name.startsWith("SIOCSIF")))),
    mostly(fc.constantFrom<unknown>("lo", "not-there", 1, undefined)),
  ),
  listen: fc.tuple(socket, mostly(number)),
  poll: fc.tuple(mostly(pollRequests), timeout),
  recv: fc.tuple(socket, mostly(bytes), mostly(messageFlags)),
  recvfrom: fc.tuple(socket, mostly(bytes), mostly(messageFlags)),
  recvmmsg: fc.tuple(
    socket,
    mostly(fc.array(mostly(messageBuffer), { maxLength: 4 })),
    mostly(messageFlags),
    fc.option(timeout, { nil: undefined }),
  ),
  recvmsg: fc.tuple(socket, mostly(messageBuffer), mostly(messageFlags)),
  sctp_bindx: fc.tuple(socket, mostly(fc.array(address, { maxLength: 3 })), mostly(fc.nat(3))),
  sctp_connectx: fc.tuple(socket, mostly(fc.array(address, { maxLength: 3 }))),
  sctp_peeloff: fc.tuple(socket, mostly(fc.nat(5)), descriptorOptions),
  send: fc.tuple(socket, mostly(bytes), mostly(messageFlags)),
  sendmmsg: fc.tuple(socket, mostly(fc.array(mostly(message), { maxLength: 4 })), mostly(messageFlags)),
  sendmsg: fc.tuple(socket, mostly(message), mostly(messageFlags)),
  sendto: fc.tuple(socket, mostly(bytes), mostly(messageFlags), mostly(address)),
  // Nothing here may block: it is only ever set.
  setCloseOnExec: fc.tuple(socket, fc.boolean()),
  setNonblocking: fc.tuple(socket, fc.constant(true)),
  setsockopt: fc.tuple(socket, mostly(option), optionValue),
  shutdown: fc.tuple(socket, mostly(fc.constantFrom(0, 1, 2, 3, -1))),
  sockatmark: fc.tuple(socket),
  socket: fc.tuple(mostly(domain), mostly(type), mostly(protocol), descriptorOptions),
  socketpair: fc.tuple(mostly(domain), mostly(type), mostly(protocol), descriptorOptions),
};
