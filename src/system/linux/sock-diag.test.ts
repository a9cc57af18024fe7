import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { print, printedByC } from "../../../test/c-program.ts";
import { constants } from "./constants.ts";
import {
  decodeInetDiagMessage,
  encodeInetDiagRequest,
  INET_DIAG,
  type InetDiagRequest,
  MSG,
  REQ,
  SK_MEMINFO_DROPS,
  SOCK_DIAG_BY_FAMILY,
  SOCKID,
  stateBits,
  TCP_STATE,
} from "./inet-diag.ts";
import {
  decodeAttributes,
  decodeNetlinkMessages,
  encodeAttributes,
  encodeNetlinkMessage,
  NETLINK_SOCK_DIAG,
  NLM_F,
  NLMSG,
  NLMSGHDR,
  netlinkErrno,
} from "./netlink.ts";
import {
  decodeUnixDiagMessage,
  encodeUnixDiagRequest,
  UDIAG_SHOW,
  UNIX_DIAG,
  UNIX_MSG,
  UNIX_REQ,
} from "./unix-diag.ts";

const headers = [
  "netinet/tcp.h",
  "linux/netlink.h",
  "linux/sock_diag.h",
  "linux/inet_diag.h",
  "linux/unix_diag.h",
];

/** Names with the prefix that C has before each. */
const prefixed = (prefix: string, table: Readonly<Record<string, number>>) =>
  Object.entries(table).map(([name, number]) => [`${prefix}${name}`, number] as const);

test("the numbers of sock_diag are those of the kernel's headers", (context) => {
  // The kernel does not export these two states (include/net/tcp_states.h).
  const { BOUND_INACTIVE, NEW_SYN_RECV, ...states } = TCP_STATE;
  assert.deepEqual([BOUND_INACTIVE, NEW_SYN_RECV], [13, 12]);
  const rows = [
    ...prefixed("NLM_F_", NLM_F),
    ...prefixed("NLMSG_", NLMSG),
    ...prefixed("INET_DIAG_", INET_DIAG),
    ...prefixed("UNIX_DIAG_", UNIX_DIAG),
    ...prefixed("UDIAG_SHOW_", UDIAG_SHOW),
    ...prefixed("TCP_", states),
    ...prefixed("", { NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, SK_MEMINFO_DROPS }),
  ];
  const printed = printedByC(
    context,
    headers,
    rows.map(([name]) => print(name, name)),
  );
  if (printed === undefined) return;
  for (const [name, number] of rows) assert.equal(printed.get(name), number, name);
});

test("the structures of sock_diag are laid out as in the kernel's headers", (context) => {
  const { size: sockid, ...id } = SOCKID;
  const { size: request, id: requestId, ...req } = REQ;
  const { size: message, id: messageId, ...msg } = MSG;
  const { size: unixRequest, ...unixReq } = UNIX_REQ;
  const { size: unixMessage, ...unixMsg } = UNIX_MSG;
  const offsets = (
    structure: string,
    members: Readonly<Record<string, number>>,
    rename: (name: string) => string,
  ) =>
    Object.entries(members).map(
      ([name, offset]) => [`offsetof(struct ${structure}, ${rename(name)})`, offset] as const,
    );
  const idiag = (name: string) => `idiag_${name}`;
  const udiag = (name: string) => (name === "family" ? "sdiag_family" : `udiag_${name}`);
  const rows = [
    ...offsets("inet_diag_sockid", id, idiag),
    ...offsets("inet_diag_req_v2", req, (name) =>
      name === "family" || name === "protocol" ? `sdiag_${name}` : idiag(name),
    ),
    ...offsets("inet_diag_req_v2", { id: requestId }, () => "id"),
    ...offsets("inet_diag_msg", msg, idiag),
    ...offsets("inet_diag_msg", { id: messageId }, () => "id"),
    ...offsets("unix_diag_req", unixReq, udiag),
    ...offsets("unix_diag_msg", unixMsg, (name) => `udiag_${name}`),
    ["sizeof(struct inet_diag_sockid)", sockid],
    ["sizeof(struct inet_diag_req_v2)", request],
    ["sizeof(struct inet_diag_msg)", message],
    ["sizeof(struct unix_diag_req)", unixRequest],
    ["sizeof(struct unix_diag_msg)", unixMessage],
    ["sizeof(struct nlmsghdr)", NLMSGHDR],
  ] as const;
  const printed = printedByC(
    context,
    headers,
    rows.map(([expression], index) => print(`${index}`, expression)),
  );
  if (printed === undefined) return;
  for (const [index, [expression, number]] of rows.entries()) {
    assert.equal(printed.get(`${index}`), number, expression);
  }
});

const bytes = (maxLength: number) => fc.uint8Array({ maxLength });
const uint16 = fc.integer({ min: 0, max: 0xffff });
const uint32 = fc.integer({ min: 0, max: 0xffffffff });

test("netlink messages decode as encoded, however many are in one datagram", () => {
  const message = fc.record({ type: uint16, flags: uint16, payload: bytes(70) });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 5 }), (messages) => {
      const encoded = messages.map((one) => {
        const plain = encodeNetlinkMessage(one);
        return Buffer.concat([plain, Buffer.alloc(-plain.byteLength & 3)]);
      });
      const decoded = decodeNetlinkMessages(Buffer.concat(encoded));
      assert.deepEqual(
        decoded.map((one) => ({ ...one, payload: [...one.payload] })),
        messages.map((one) => ({ ...one, payload: [...one.payload] })),
      );
    }),
  );
});

test("attributes decode as encoded", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 0x3fff }), bytes(40))), (entries) => {
      const attributes = new Map(entries);
      const decoded = decodeAttributes(encodeAttributes(attributes));
      assert.deepEqual(plain(decoded), plain(attributes));
    }),
  );
});

const plain = (attributes: ReadonlyMap<number, Uint8Array>) =>
  [...attributes].map(([type, value]) => [type, [...value]]);

test("decoding any bytes terminates and throws nothing", () => {
  fc.assert(
    fc.property(bytes(200), (input) => {
      decodeAttributes(input);
      decodeInetDiagMessage(input);
      decodeUnixDiagMessage(input);
      for (const message of decodeNetlinkMessages(input)) netlinkErrno(message);
    }),
  );
});

test("an inet_diag message decodes by its layout, for IPv4 and IPv6", () => {
  const { INET, INET6 } = constants.AF;
  const end = fc.record({ port: uint16, address: fc.uint8Array({ minLength: 16, maxLength: 16 }) });
  fc.assert(
    fc.property(
      fc.constantFrom(INET, INET6),
      end,
      end,
      fc.array(uint32, { minLength: 6, maxLength: 6 }),
      fc.option(fc.boolean(), { nil: undefined }),
      (family, source, destination, numbers, v6only) => {
        const structure = new Uint8Array(MSG.size);
        const view = new DataView(structure.buffer);
        const length = family === INET ? 4 : 16;
        structure[MSG.family] = family;
        structure[MSG.state] = TCP_STATE.LISTEN;
        view.setUint16(MSG.id + SOCKID.sport, source.port);
        view.setUint16(MSG.id + SOCKID.dport, destination.port);
        structure.set(source.address.subarray(0, length), MSG.id + SOCKID.src);
        structure.set(destination.address.subarray(0, length), MSG.id + SOCKID.dst);
        const offsets = [MSG.expires, MSG.rqueue, MSG.wqueue, MSG.uid, MSG.inode];
        for (const [index, offset] of offsets.entries()) view.setUint32(offset, numbers[index] ?? 0, true);
        const memory = new Uint8Array(36);
        new DataView(memory.buffer).setUint32(SK_MEMINFO_DROPS * 4, numbers[5] ?? 0, true);
        const attributes = new Map([[INET_DIAG.SKMEMINFO as number, memory]]);
        if (v6only !== undefined) attributes.set(INET_DIAG.SKV6ONLY, Uint8Array.of(v6only ? 1 : 0));
        const decoded = decodeInetDiagMessage(Buffer.concat([structure, encodeAttributes(attributes)]));
        assert.ok(decoded !== undefined);
        const { expires, receiveQueue, sendQueue, uid, inode, drops } = decoded;
        assert.deepEqual([expires, receiveQueue, sendQueue, uid, inode, drops], numbers);
        assert.deepEqual([decoded.family, decoded.state, decoded.v6only], [family, TCP_STATE.LISTEN, v6only]);
        for (const [one, other] of [
          [decoded.source, source],
          [decoded.destination, destination],
        ] as const) {
          assert.deepEqual(
            [one.port, [...one.address]],
            [other.port, [...other.address.subarray(0, length)]],
          );
        }
      },
    ),
  );
});

test("an inet_diag request is laid out as the kernel reads it", () => {
  const address = fc.uint8Array({ minLength: 16, maxLength: 16 });
  fc.assert(
    fc.property(uint16, uint16, uint32, address, (source, destination, states, remote) => {
      const request: InetDiagRequest = {
        family: constants.AF.INET6,
        protocol: constants.IPPROTO.UDP,
        states,
        extensions: [INET_DIAG.SKMEMINFO, INET_DIAG.SHUTDOWN],
        source: { address: new Uint8Array(16).fill(7), port: source },
        destination: { address: remote, port: destination },
      };
      const encoded = encodeInetDiagRequest(request);
      const view = new DataView(encoded.buffer);
      assert.deepEqual(
        [encoded.byteLength, encoded[REQ.family], encoded[REQ.protocol], encoded[REQ.ext]],
        [REQ.size, constants.AF.INET6, constants.IPPROTO.UDP, 0b11000000],
      );
      assert.equal(view.getUint32(REQ.states, true), states);
      assert.equal(view.getUint16(REQ.id + SOCKID.sport), source);
      assert.equal(view.getUint16(REQ.id + SOCKID.dport), destination);
      assert.deepEqual([...encoded.subarray(REQ.id + SOCKID.dst, REQ.id + SOCKID.if)], [...remote]);
      assert.equal(view.getBigUint64(REQ.id + SOCKID.cookie, true), 2n ** 64n - 1n);
    }),
  );
});

test("a unix_diag request and message are laid out as in the kernel", () => {
  fc.assert(
    fc.property(uint32, uint32, uint32, bytes(108), (states, inode, uid, name) => {
      const request = encodeUnixDiagRequest({ states, inode, show: UDIAG_SHOW.RQLEN });
      const view = new DataView(request.buffer);
      assert.deepEqual(
        [
          request[UNIX_REQ.family],
          view.getUint32(UNIX_REQ.states, true),
          view.getUint32(UNIX_REQ.ino, true),
          view.getUint32(UNIX_REQ.show, true),
        ],
        [constants.AF.UNIX, states, inode, UDIAG_SHOW.RQLEN],
      );
      const structure = new Uint8Array(UNIX_MSG.size);
      structure[UNIX_MSG.type] = constants.SOCK.SEQPACKET;
      structure[UNIX_MSG.state] = TCP_STATE.LISTEN;
      new DataView(structure.buffer).setUint32(UNIX_MSG.ino, inode, true);
      const attributes = encodeAttributes(
        new Map([
          [UNIX_DIAG.NAME, name],
          [UNIX_DIAG.VFS, words(inode, (8 << 20) | 1)],
          [UNIX_DIAG.RQLEN, words(states, uid)],
          [UNIX_DIAG.UID, words(uid)],
        ]),
      );
      const decoded = decodeUnixDiagMessage(Buffer.concat([structure, attributes]));
      assert.deepEqual(
        { ...decoded, name: [...(decoded?.name ?? [])] },
        {
          type: constants.SOCK.SEQPACKET,
          state: TCP_STATE.LISTEN,
          inode,
          name: [...name],
          file: { inode, device: 0x801 },
          queue: { pending: states, limit: uid },
          uid,
        },
      );
    }),
  );
});

const words = (...numbers: number[]) => new Uint8Array(Uint32Array.from(numbers).buffer);

test("a request for states has their bits", () => {
  assert.equal(stateBits(TCP_STATE.LISTEN, TCP_STATE.ESTABLISHED), 0b10000000010);
  assert.equal(stateBits(), 0);
});
