import assert from "node:assert/strict";
import { test } from "node:test";
import { linux } from "../../system/linux/linux.ts";
import { OPTION_CAPACITY, ValueResult } from "../../system/value-result.ts";
import type { WriteCodec } from "../option.ts";
import { sctpGetaddrs, sctpPaddrinfo, sctpPrim } from "./sctp-addresses.ts";
import { sctpAssocIds } from "./sctp-assoc-ids.ts";
import { sctpAuthchunk, sctpAuthchunks, sctpAuthkey, sctpAuthkeyid, sctpHmacalgo } from "./sctp-auth.ts";
import { sctpPaddrthldsV2, sctpProbeinterval, sctpUdpencaps } from "./sctp-paths.ts";
import { sctpDefaultPrinfo, sctpPrStreamStatus } from "./sctp-reliability.ts";
import { sctpSndrcvinfo } from "./sctp-send-param.ts";
import { sctpAssocStats } from "./sctp-statistics.ts";
import { sctpAddStreams, sctpAssocT, sctpResetStreams, sctpStreamValue } from "./sctp-streams.ts";

// Bytes written out by hand from include/uapi/linux/sctp.h, as gcc lays the structures out on x64
// and arm64.

const address = { family: "ipv4", address: "192.0.2.1", port: 80 } as const;
const sockaddr = `02000050c0000201${"00".repeat(120)}`;
/** In structures that are not packed, the address is aligned to 8 bytes. */
const path = `0900000000000000${sockaddr}`;

/** A buffer in which an earlier call left something. */
function used(): ValueResult {
  const value = new ValueResult(new ArrayBuffer(16 + OPTION_CAPACITY));
  value.bytes.fill(0xa5);
  return value;
}

function received(hex: string, length = hex.length / 2): ValueResult {
  const value = used();
  value.bytes.set(Buffer.from(hex, "hex"));
  value.length = length;
  return value;
}

function encodes<Value>(name: string, codec: WriteCodec<Value>, given: Value, hex: string): void {
  test(`${name} is laid out as in the header`, () => {
    const value = used();
    codec.encode(given, value, linux);
    assert.equal(Buffer.from(value.valid).toString("hex"), hex);
  });
}

encodes("sctp_prim", sctpPrim, { assocId: 9, address }, `09000000${sockaddr}`);
encodes(
  "sctp_paddrinfo, queried,",
  sctpPaddrinfo,
  { assocId: 9, address },
  `09000000${sockaddr}${"00".repeat(20)}`,
);
encodes("sctp_authchunk", sctpAuthchunk, 0xc1, "c1");
encodes("sctp_hmacalgo", sctpHmacalgo, [3, 1], "0200000003000100");
encodes(
  "sctp_authkey",
  sctpAuthkey,
  { assocId: 9, keynumber: 2, key: Uint8Array.of(1, 2, 3) },
  "0900000002000300010203",
);
encodes("sctp_authkey, empty,", sctpAuthkey, { keynumber: 2, key: new Uint8Array(0) }, "000000000200000000");
encodes("sctp_authkeyid", sctpAuthkeyid, { assocId: 9, keynumber: 2 }, "0900000002000000");
encodes(
  "sctp_paddrthlds_v2",
  sctpPaddrthldsV2,
  { assocId: 9, address, pathmaxrxt: 1, pathpfthld: 2, pathcpthld: 3 },
  `${path}0100020003000000`,
);
encodes("sctp_udpencaps", sctpUdpencaps, { assocId: 9, address, port: 9899 }, `${path}26ab000000000000`);
encodes(
  "sctp_probeinterval",
  sctpProbeinterval,
  { assocId: 9, address, interval: 6000 },
  `${path}7017000000000000`,
);
encodes(
  "sctp_default_prinfo",
  sctpDefaultPrinfo,
  { assocId: 9, policy: 0x20, value: 3 },
  "090000000300000020000000",
);
encodes(
  "sctp_prstatus, queried,",
  sctpPrStreamStatus,
  { assocId: 9, sid: 1, policy: 0x20 },
  `0900000001002000${"00".repeat(16)}`,
);
encodes(
  "sctp_sndrcvinfo",
  sctpSndrcvinfo,
  { stream: 1, flags: 4, ppid: 46, context: 7, timetolive: 5, assocId: 9 },
  "01000000040000000000002e0700000005000000000000000000000009000000",
);
encodes(
  "sctp_reset_streams",
  sctpResetStreams,
  { assocId: 9, flags: 2, streams: [1, 3] },
  "090000000200020001000300",
);
encodes("sctp_add_streams", sctpAddStreams, { assocId: 9, instrms: 1, outstrms: 2 }, "0900000001000200");
encodes("sctp_stream_value", sctpStreamValue, { assocId: 9, sid: 1, value: 5 }, "0900000001000500");
encodes("sctp_assoc_t", sctpAssocT, { assocId: 9 }, "09000000");

test("sctp_assoc_stats is read as it is laid out in the header", () => {
  const counters = Array.from(
    { length: 15 },
    (_, index) => `${(index + 1).toString(16).padStart(2, "0")}${"00".repeat(7)}`,
  );
  const stats = sctpAssocStats.decode(received(path + counters.join("")), linux);
  assert.deepEqual([stats.assocId, stats.obsRtoIpaddr], [9, address]);
  assert.deepEqual([stats.maxrto, stats.isacks, stats.iodchunks, stats.ictrlchunks], [1n, 2n, 13n, 15n]);
});

test("lists end where the kernel says, and never past the bytes it wrote", () => {
  assert.deepEqual(sctpAssocIds.decode(received("020000000500000006000000"), linux), [5, 6]);
  assert.deepEqual(sctpAssocIds.decode(received("ff0000000500000006000000"), linux), [5, 6]);
  assert.deepEqual(sctpAssocIds.decode(received("0200", 2), linux), []);
  assert.deepEqual(sctpAuthchunks.decode(received("090000000200000080c1"), linux), [0x80, 0xc1]);
  assert.deepEqual(sctpAuthchunks.decode(received("09000000ffffffff80c1"), linux), [0x80, 0xc1]);
  assert.deepEqual(sctpHmacalgo.decode(received("ffffffff03000100"), linux), [3, 1]);
});

test("the addresses of SCTP_GET_LOCAL_ADDRS are read though its length lacks the header", () => {
  const sin = "02000050c00002010000000000000000";
  const sin6 = `0a00005000000000${"20010db8000000000000000000000001"}00000000`;
  const both = [address, { family: "ipv6", address: "2001:db8::1", port: 80, flowlabel: 0, scopeId: 0 }];
  const hex = `0000000002000000${sin}${sin6}`;
  assert.deepEqual(sctpGetaddrs.decode(received(hex), linux), both);
  assert.deepEqual(sctpGetaddrs.decode(received(hex, hex.length / 2 - 8), linux), both);
  assert.deepEqual(sctpGetaddrs.decode(received(hex, 16), linux), [address]);
  assert.deepEqual(sctpGetaddrs.decode(received(`00000000ffffffff${sin}`, 16), linux), [address]);
});
