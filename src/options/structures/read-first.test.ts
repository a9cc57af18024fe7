// Options share the memory in which they are encoded, so all getters must run before writing
// starts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { linux } from "../../system/linux/linux.ts";
import { ValueResult } from "../../system/value-result.ts";
import type { WriteCodec } from "../option.ts";
import { canFilters, j1939Filters } from "./can.ts";
import { sctpEvent } from "./sctp-events.ts";
import { sctpPaddrparams, sctpSackInfo, sctpSndinfo } from "./sctp-peer.ts";

const memory = () => new ValueResult(new ArrayBuffer(32_768 + 16));

/** A copy whose properties are getters that overwrite the memory. */
function overwriting<Value extends object>(value: Value, into: ValueResult): Value {
  const copy: Value = Object.create(Object.getPrototypeOf(value));
  for (const [name, member] of Object.entries(value)) {
    Object.defineProperty(copy, name, {
      enumerable: true,
      get() {
        into.bytes.fill(0xff);
        return member;
      },
    });
  }
  return copy;
}

function row<Value>(
  name: string,
  codec: WriteCodec<Value>,
  plain: Value,
  hostile: (into: ValueResult) => Value,
) {
  test(`${name}: reads all properties before writing any`, () => {
    const [expected, actual] = [memory(), memory()];
    codec.encode(plain, expected, linux);
    codec.encode(hostile(actual), actual, linux);
    assert.deepEqual(Buffer.from(actual.valid), Buffer.from(expected.valid));
  });
}

const ofObject = <Value extends object>(name: string, codec: WriteCodec<Value>, plain: Value) =>
  row(name, codec, plain, (into) => overwriting(plain, into));

const ofArray = <Value extends object>(name: string, codec: WriteCodec<readonly Value[]>, plain: Value[]) =>
  row(name, codec, plain, (into) => plain.map((each) => overwriting(each, into)));

const address = { family: "ipv4", address: "127.0.0.1", port: 7 } as const;

ofArray("CAN_RAW_FILTER", canFilters, [
  { id: 1, mask: 2 },
  { id: 3, mask: 4 },
]);
ofArray("SO_J1939_FILTER", j1939Filters, [
  { name: 1n, nameMask: 2n, pgn: 3 },
  { addr: 4, addrMask: 5 },
]);
ofObject("SCTP_EVENT", sctpEvent, { assocId: 1, type: 2, on: true });
ofObject("SCTP_PEER_ADDR_PARAMS", sctpPaddrparams, {
  assocId: 1,
  address,
  hbinterval: 3,
  flags: 1,
});
ofObject("SCTP_DELAYED_SACK", sctpSackInfo, { assocId: 1, delay: 2, freq: 3 });
ofObject("SCTP_DEFAULT_SNDINFO", sctpSndinfo, { sid: 1, ppid: 2, assocId: 3 });
