// Makes every call with wrong arguments in every position. It must throw a TypeError or RangeError
// that has Node's code and names the argument, and must open or close no descriptor.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Fixture, loopback } from "../../test/fixture.ts";
import { openDescriptors } from "../../test/open-descriptors.ts";
import { root } from "../../test/root.ts";
import { scripted } from "../../test/scripted/scripted.ts";
import { trying, wrongValues } from "../../test/wrong-values.ts";
import * as posix from "./index.ts";

const { AF, SOCK, SO } = posix;

/** The kind of argument that a position takes; each kind has its own wrong values. */
type Takes =
  | "socket"
  | "owned"
  | "int"
  | "milliseconds"
  | "bytes"
  | "object"
  | "array"
  | "option"
  | "options"
  | "boolean"
  | "string"
  | "text";

interface Position {
  /** The calls that have it: `name` and `tryName`, if there is one. */
  readonly calls: readonly (keyof typeof posix)[];
  /** Its name in the message. */
  readonly named: RegExp;
  readonly takes: Takes;
  /** The arguments of a call with this value in the position. */
  readonly with: (value: unknown, socket: posix.Socket) => unknown[];
  readonly isOptional?: true;
}

const buffer = new Uint8Array(8);
const message = { data: [buffer] };
const flags = { named: /flags/, takes: "int", isOptional: true } as const;
const address = (fields: object) => ({ ...loopback, ...fields });
const ttl = (value: unknown) => ({ data: [buffer], control: [{ type: "IP_TTL", value }] });
const unknownControl = (fields: object) => ({
  data: [buffer],
  control: [{ type: "unknown", level: 0, number: 2, data: buffer, ...fields }],
});
const packet = (value: unknown) => ({ family: "unknown", number: AF.INET, data: value });

const firstIsSocket: readonly (readonly [keyof typeof posix, ...unknown[]])[] = [
  ["accept"],
  ["acceptQueue"],
  ["attachFilter", []],
  ["attachReuseportFilter", []],
  ["detachFilter"],
  ["bind", loopback],
  ["connect", loopback],
  ["dup"],
  ["effectiveBacklog"],
  ["getCloseOnExec"],
  ["getNonblocking"],
  ["getpeername"],
  ["getsockname"],
  ["getsockopt", SO.TYPE],
  ["ioctl", posix.FIO.NREAD],
  ["listen", 1],
  ["recv", buffer],
  ["recvfrom", buffer],
  ["recvmmsg", [message]],
  ["recvmsg", message],
  ["sctp_bindx", [loopback], 1],
  ["sctp_connectx", [loopback]],
  ["sctp_peeloff", 1],
  ["send", buffer],
  ["sendmmsg", [message]],
  ["sendmsg", message],
  ["sendto", buffer, 0, loopback],
  ["setCloseOnExec", true],
  ["setNonblocking", true],
  ["setsockopt", SO.REUSEADDR, true],
  ["shutdown", 0],
  ["sockatmark"],
];

const positions: readonly Position[] = [
  ...firstIsSocket.map(
    ([call, ...others]): Position => ({
      calls: [call],
      named: /^socket |descriptor/,
      takes: "socket",
      with: (value) => [value, ...others],
    }),
  ),
  { calls: ["close"], named: /^socket /, takes: "owned", with: (value) => [value] },
  { calls: ["accept"], named: /options/, takes: "options", isOptional: true, with: (v, s) => [s, v] },
  ...["nonblocking", "closeOnExec"].map(
    (name): Position => ({
      calls: ["accept", "socket", "socketpair"],
      named: new RegExp(name),
      takes: "boolean",
      isOptional: true,
      with: (value) => [AF.UNIX, SOCK.STREAM, 0, { [name]: value }],
    }),
  ),
  ...["domain", "type", "protocol"].map(
    (name, index): Position => ({
      calls: ["socket", "socketpair"],
      named: new RegExp(name),
      takes: "int",
      ...(name === "protocol" ? { isOptional: true } : {}),
      with: (value) => [AF.UNIX, SOCK.STREAM, 0].with(index, value as number),
    }),
  ),
  {
    calls: ["socket", "socketpair"],
    named: /options/,
    takes: "options",
    isOptional: true,
    with: (value) => [AF.UNIX, SOCK.STREAM, 0, value],
  },
  ...(["bind", "connect"] as const).flatMap((call): Position[] => [
    { calls: [call], named: /address/, takes: "object", with: (value, s) => [s, value] },
    {
      calls: [call],
      named: /address/,
      takes: "string",
      with: (value, s) => [s, address({ address: value })],
    },
    {
      calls: [call],
      named: /address/,
      takes: "string",
      with: (value, s) => [s, { family: "ipv6", address: value, port: 0 }],
    },
    { calls: [call], named: /port/, takes: "int", with: (value, s) => [s, address({ port: value })] },
    { calls: [call], named: /family/, takes: "string", with: (value, s) => [s, address({ family: value })] },
    {
      calls: [call],
      named: /path/,
      takes: "bytes",
      with: (value, s) => [s, { family: "unix", path: value }],
    },
    { calls: [call], named: /data/, takes: "bytes", with: (value, s) => [s, packet(value)] },
  ]),
  { calls: ["if_nametoindex"], named: /name/, takes: "text", with: (value) => [value] },
  { calls: ["if_indextoname"], named: /index/, takes: "int", with: (value) => [value] },
  ...(["if_indextoname", "if_nameindex", "if_nametoindex"] as const).map(
    (call): Position => ({
      calls: [call],
      named: /options/,
      takes: "options",
      isOptional: true,
      with: (value) => [...{ if_indextoname: [1], if_nameindex: [], if_nametoindex: ["lo"] }[call], value],
    }),
  ),
  ...(["sctp_bindx", "sctp_connectx"] as const).flatMap((call): Position[] => [
    { calls: [call], named: /addresses/, takes: "array", with: (value, s) => [s, value, 1] },
    { calls: [call], named: /address/, takes: "object", with: (value, s) => [s, [value], 1] },
    { calls: [call], named: /port/, takes: "int", with: (port, s) => [s, [address({ port })], 1] },
  ]),
  { calls: ["decodeSctpNotification"], named: /data/, takes: "bytes", with: (value) => [value] },
  { calls: ["sctp_bindx"], named: /flags/, takes: "int", with: (value, s) => [s, [loopback], value] },
  { calls: ["sctp_peeloff"], named: /assocId/, takes: "int", with: (value, s) => [s, value] },
  {
    calls: ["sctp_peeloff"],
    named: /options/,
    takes: "options",
    isOptional: true,
    with: (value, s) => [s, 1, value],
  },
  { calls: ["dup"], named: /options/, takes: "options", isOptional: true, with: (v, s) => [s, v] },
  {
    calls: ["dup"],
    named: /closeOnExec/,
    takes: "boolean",
    isOptional: true,
    with: (closeOnExec, s) => [s, { closeOnExec }],
  },
  { calls: ["setCloseOnExec"], named: /closeOnExec/, takes: "boolean", with: (v, s) => [s, v] },
  { calls: ["setNonblocking"], named: /nonblocking/, takes: "boolean", with: (v, s) => [s, v] },
  ...(["attachFilter", "attachReuseportFilter"] as const).flatMap((call): Position[] => [
    { calls: [call], named: /instructions/, takes: "array", with: (value, s) => [s, value] },
    { calls: [call], named: /instruction/, takes: "object", with: (value, s) => [s, [value]] },
    {
      calls: [call],
      named: /k of instruction 0/,
      takes: "int",
      with: (k, s) => [s, [{ code: 6, jt: 0, jf: 0, k }]],
    },
  ]),
  { calls: ["inet_pton", "inet_ntop"], named: /family/, takes: "int", with: (value) => [value, "::"] },
  { calls: ["inet_pton"], named: /text/, takes: "text", with: (value) => [AF.INET, value] },
  { calls: ["inet_ntop"], named: /bytes/, takes: "object", with: (value) => [AF.INET, value] },
  {
    calls: ["getaddrinfo"],
    named: /host/,
    takes: "text",
    with: (value) => [value === null ? 0 : value],
  },
  {
    calls: ["getaddrinfo"],
    named: /service/,
    takes: "text",
    isOptional: true,
    with: (value) => [null, typeof value === "number" || value === null ? {} : value],
  },
  ...["flags", "family", "socktype", "protocol"].map(
    (name): Position => ({
      calls: ["getaddrinfo"],
      named: new RegExp(name),
      takes: "int",
      isOptional: true,
      with: (value) => ["127.0.0.1", 80, { [name]: value }],
    }),
  ),
  {
    calls: ["getaddrinfo"],
    named: /options/,
    takes: "options",
    isOptional: true,
    with: (value) => ["127.0.0.1", 80, value],
  },
  { calls: ["getnameinfo"], named: /address/, takes: "object", with: (value) => [value] },
  {
    calls: ["getnameinfo"],
    ...flags,
    with: (value) => [loopback, value],
  },
  {
    calls: ["getnameinfo"],
    named: /options/,
    takes: "options",
    isOptional: true,
    with: (value) => [loopback, 0, value],
  },
  { calls: ["getprotobyname", "getservbyname"], named: /name/, takes: "text", with: (value) => [value] },
  {
    calls: ["getservbyname"],
    named: /protocol/,
    takes: "text",
    isOptional: true,
    with: (value) => ["http", value === null ? 0 : value],
  },
  { calls: ["ioctl"], named: /request/, takes: "option", with: (value, s) => [s, value] },
  {
    calls: ["ioctl"],
    named: /name of an interface/,
    takes: "text",
    with: (value, s) => [s, posix.SIOC.GIFMTU, value],
  },
  { calls: ["ioctl"], named: /index/, takes: "int", with: (value, s) => [s, posix.SIOC.GIFNAME, value] },
  { calls: ["listen"], named: /backlog/, takes: "int", with: (value, s) => [s, value] },
  { calls: ["shutdown"], named: /how/, takes: "int", with: (value, s) => [s, value] },
  { calls: ["getsockopt"], named: /option/, takes: "option", with: (value, s) => [s, value] },
  { calls: ["setsockopt"], named: /option/, takes: "option", with: (value, s) => [s, value, true] },
  {
    calls: ["setsockopt"],
    named: /SO_REUSEADDR/,
    takes: "boolean",
    with: (value, s) => [s, SO.REUSEADDR, value],
  },
  { calls: ["setsockopt"], named: /SO_RCVBUF/, takes: "int", with: (value, s) => [s, SO.RCVBUF, value] },
  ...(["send", "sendto"] as const).flatMap((call): Position[] => [
    { calls: [call], named: /data/, takes: "bytes", with: (value, s) => [s, value, 0, loopback] },
    { calls: [call], ...flags, with: (value, s) => [s, buffer, value, loopback] },
  ]),
  { calls: ["sendto"], named: /address/, takes: "object", with: (value, s) => [s, buffer, 0, value] },
  ...(["recv", "recvfrom"] as const).flatMap((call): Position[] => [
    { calls: [call], named: /buffer/, takes: "bytes", with: (value, s) => [s, value] },
    { calls: [call], ...flags, with: (value, s) => [s, buffer, value] },
  ]),
  ...(["sendmsg", "recvmsg"] as const).flatMap((call): Position[] => [
    { calls: [call], named: /message|data/, takes: "object", with: (value, s) => [s, value] },
    { calls: [call], named: /data/, takes: "array", with: (value, s) => [s, { data: value }] },
    { calls: [call], named: /data/, takes: "bytes", with: (value, s) => [s, { data: [value] }] },
    { calls: [call], ...flags, with: (value, s) => [s, message, value] },
  ]),
  ...(["sendmmsg", "recvmmsg"] as const).flatMap((call): Position[] => [
    { calls: [call], named: /messages|buffers/, takes: "array", with: (value, s) => [s, value] },
    { calls: [call], named: /message|data/, takes: "object", with: (value, s) => [s, [value]] },
    { calls: [call], named: /data/, takes: "bytes", with: (value, s) => [s, [{ data: [value] }]] },
    { calls: [call], ...flags, with: (value, s) => [s, [message], value] },
  ]),
  {
    calls: ["recvmmsg"],
    named: /timeout/,
    takes: "milliseconds",
    isOptional: true,
    with: (value, s) => [s, [message], 0, value],
  },
  {
    calls: ["sendmsg"],
    named: /address/,
    takes: "object",
    isOptional: true,
    with: (value, s) => [s, { data: [buffer], address: value }],
  },
  {
    calls: ["sendmsg"],
    named: /control/,
    takes: "array",
    isOptional: true,
    with: (value, s) => [s, { data: [buffer], control: value }],
  },
  { calls: ["sendmsg"], named: /control/, takes: "object", with: (v, s) => [s, { data: [], control: [v] }] },
  { calls: ["sendmsg"], named: /IP_TTL/, takes: "int", with: (value, s) => [s, ttl(value)] },
  { calls: ["sendmsg"], named: /data/, takes: "bytes", with: (v, s) => [s, unknownControl({ data: v })] },
  { calls: ["sendmsg"], named: /level/, takes: "int", with: (v, s) => [s, unknownControl({ level: v })] },
  {
    calls: ["sendmsg"],
    named: /type/,
    takes: "string",
    with: (type, s) => [s, { data: [buffer], control: [{ type }] }],
  },
  {
    calls: ["sendmsg"],
    named: /descriptors/,
    takes: "array",
    with: (descriptors, s) => [s, { data: [buffer], control: [{ type: "SCM_RIGHTS", descriptors }] }],
  },
  {
    calls: ["sendmsg"],
    named: /socket|descriptor/,
    takes: "socket",
    with: (value, s) => [s, { data: [buffer], control: [{ type: "SCM_RIGHTS", descriptors: [value] }] }],
  },
  {
    calls: ["recvmsg"],
    named: /controlLength/,
    takes: "int",
    isOptional: true,
    with: (controlLength, s) => [s, { data: [buffer], controlLength }],
  },
  { calls: ["poll"], named: /requests/, takes: "array", with: (value) => [value, 0] },
  { calls: ["poll"], named: /requests/, takes: "object", with: (value) => [[value], 0] },
  { calls: ["poll"], named: /timeout/, takes: "milliseconds", with: (value) => [[], value] },
  { calls: ["poll"], named: /events/, takes: "int", with: (events, socket) => [[{ socket, events }], 0] },
  {
    calls: ["poll"],
    named: /socket|descriptor/,
    takes: "socket",
    with: (socket) => [[{ socket, events: 1 }], 0],
  },
  ...["level", "number", "size"].map(
    (name, index): Position => ({
      calls: ["rawOption"],
      named: new RegExp(name),
      takes: "int",
      ...(name === "size" ? { isOptional: true } : {}),
      with: (value) => [1, 2, 4].with(index, value as number),
    }),
  ),
];

/** Values that are valid in a position. */
const isRight: Readonly<Record<Takes, (value: unknown, call: string) => boolean>> = {
  socket: (value, call) => call.toLowerCase().endsWith("poll") && value === -1,
  owned: () => false,
  int: (value, call) =>
    value === -1 || (/listen/i.test(call) && typeof value === "number" && isBeyond(value)),
  milliseconds: (value) => typeof value === "number" && !Number.isNaN(value),
  bytes: (value) => typeof value === "string",
  object: () => false,
  array: (value) => Array.isArray(value),
  option: () => false,
  options: (value) => typeof value === "object" && value !== null,
  boolean: (value) => typeof value === "boolean",
  string: () => false,
  text: (value) => typeof value === "string",
};

/** An excessive backlog is capped. */
const isBeyond = (value: number) => Number.isInteger(value) || !Number.isFinite(value);

function codesFor(takes: Takes, value: unknown): readonly string[] {
  if (["int", "milliseconds", "socket"].includes(takes) && typeof value === "number")
    return ["ERR_OUT_OF_RANGE"];
  if (takes === "string" && typeof value === "string") return ["ERR_INVALID_ARG_VALUE"];
  // An array is an object that lacks every field.
  return ["ERR_INVALID_ARG_TYPE"];
}

for (const position of positions) {
  for (const base of position.calls) {
    for (const call of [base, `try${base[0]?.toUpperCase()}${base.slice(1)}`]) {
      const named: unknown = Reflect.get(posix, call);
      if (typeof named !== "function") continue;
      const name = position.named.source.match(/\w+/g)?.join(" or ");
      test(`${call}: wrong values for ${name} (${position.takes})`, (context) => {
        const fixture = new Fixture(context);
        try {
          const socket = fixture.udp({ nonblocking: true });
          const before = openDescriptors();
          for (const [kind, value] of wrongValues) {
            if (position.isOptional && value === undefined) continue;
            if (isRight[position.takes](value, call)) continue;
            const [first, ...others] = position.with(value, socket);
            const args = base === "accept" && first === AF.UNIX ? [socket, others[2]] : [first, ...others];
            const where = `${call}: ${kind}`;
            const error = trying(() => Reflect.apply(named, undefined, args));
            if (error === undefined) assert.fail(`${where} is taken`);
            if (error === "its own") continue;
            assert.ok(codesFor(position.takes, value).includes(error.code), `${where}: ${error.code}`);
            assert.match(error.message, position.named, where);
          }
          assert.deepEqual(openDescriptors(), before, call);
          assert.equal(socket.closed, false, call);
        } finally {
          fixture.closeAll();
        }
      });
    }
  }
}

test("covers every exported call", () => {
  const walked = new Set<string>(positions.flatMap(({ calls }) => calls));
  const calls = Object.entries(posix)
    .filter(([name, value]) => typeof value === "function" && /^(?!is[A-Z]|try[A-Z])[a-z]/.test(name))
    .map(([name]) => name);
  assert.deepEqual(
    calls.filter((name) => !walked.has(name)),
    [],
  );
});

test("Socket.from: a wrong descriptor, and wrong options", () => {
  const before = openDescriptors();
  for (const [kind, value] of wrongValues) {
    const error = trying(() => Reflect.apply(posix.Socket.from, undefined, [value]));
    assert.ok(error !== undefined && error !== "its own", kind);
    assert.equal(error.code, typeof value === "number" ? "ERR_OUT_OF_RANGE" : "ERR_INVALID_ARG_TYPE", kind);
    assert.match(error.message, /descriptor/, kind);
    if (value === undefined) continue;
    if (typeof value === "object" && value !== null) continue;
    const ofOptions = trying(() => Reflect.apply(posix.Socket.from, undefined, [0, value]));
    assert.ok(ofOptions !== undefined && ofOptions !== "its own", kind);
    assert.match(ofOptions.message, /options/, kind);
  }
  assert.deepEqual(openDescriptors(), before);
});

const everyOption = Object.values<object>({
  ...posix.SO,
  ...posix.IP,
  ...posix.IPV6,
  ...posix.TCP,
  ...posix.UDP,
  ...posix.ICMP,
  ...posix.SCTP,
});

test("setsockopt: wrong values of every option", () => {
  const system = scripted({});
  using socket = posix.socket(AF.INET, SOCK.DGRAM, 0, { system });
  for (const option of everyOption) {
    const name = String(Reflect.get(option, "name"));
    let refused = 0;
    for (const [kind, value] of wrongValues) {
      const error = trying(() => Reflect.apply(posix.trySetsockopt, undefined, [socket, option, value]));
      if (error === undefined) continue;
      refused += 1;
      if (error === "its own") continue;
      assert.match(error.code, /^ERR_(INVALID_ARG_(TYPE|VALUE)|OUT_OF_RANGE)$/, `${name}: ${kind}`);
      assert.ok(error.message.startsWith(name), `${name}: ${kind}: ${error.message}`);
      if (error.code === "ERR_OUT_OF_RANGE") assert.equal(error.name, "RangeError", `${name}: ${kind}`);
    }
    assert.ok(
      refused >= wrongValues.length - 6,
      `${name} takes ${wrongValues.length - refused} wrong values`,
    );
  }
});

test("every call rejects bytes whose memory was transferred, with a code", () => {
  const gone = new Uint8Array(8);
  structuredClone(gone.buffer, { transfer: [gone.buffer] });
  using socket = posix.socket(AF.INET, SOCK.DGRAM, 0, { nonblocking: true });
  const option = posix.rawOption(1, 8, 4);
  const calls: readonly (() => unknown)[] = [
    () => posix.send(socket, gone),
    () => posix.recv(socket, gone),
    () => posix.setsockopt(socket, option, gone),
    () => posix.bind(socket, { family: "unix", path: gone }),
    () => posix.bind(socket, { family: "unknown", number: 2, data: gone }),
    () => posix.sendmsg(socket, { data: [gone] }),
    () =>
      posix.sendmsg(socket, { data: [], control: [{ type: "unknown", level: 0, number: 2, data: gone }] }),
  ];
  for (const call of calls) {
    const error = trying(call);
    assert.ok(error !== undefined && error !== "its own", String(call));
    assert.equal(error.code, "ERR_INVALID_ARG_VALUE", String(call));
    assert.match(error.message, /detached/, String(call));
  }
});

test("argument errors are created only in errors/argument.ts", () => {
  const folder = join(root, "src");
  const makers = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => /^(posix|options|control|address|errors|net|diagnose)\b.*\.ts$/.test(file))
    .filter((file) => !/\.(test|child|type-test)\.ts$/.test(file))
    .filter((file) => /new (Type|Range)Error\(/.test(readFileSync(join(folder, file), "utf8")));
  assert.deepEqual(
    makers.map((file) => file.replaceAll("\\", "/")),
    ["errors/argument.ts"],
  );
});

test("the message says that a Socket comes from another copy of the package, or another module", () => {
  class Socket {}
  const other: never = new Socket() as never;
  for (const call of [
    () => posix.getsockname(other),
    () => posix.close(other),
    () => posix.shutdown(other, 0),
  ])
    assert.throws(call, {
      name: "TypeError",
      message: /not a Socket of another module, such as another copy/,
    });
});
