import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { except } from "../../test/platform.ts";
import { darwinNumbers } from "../system/darwin/numbers.ts";
import { freebsdNumbers } from "../system/freebsd/numbers.ts";
import { linux } from "../system/linux/linux.ts";
import { OPTION_CAPACITY, ValueResult } from "../system/value-result.ts";
import { windowsNumbers } from "../system/windows/numbers.ts";
import { ALG } from "./alg.ts";
import { BT } from "./bt.ts";
import { CAN_ISOTP, CAN_J1939, CAN_RAW } from "./can.ts";
import { ICMP, ICMPV6 } from "./icmp.ts";
import { IP } from "./ip.ts";
import { IPV6 } from "./ipv6.ts";
import { KCM } from "./kcm.ts";
import { LLC } from "./llc.ts";
import { LOCAL } from "./local.ts";
import { MPTCP } from "./mptcp.ts";
import type { QueryCodec, ReadCodec, WriteCodec } from "./option.ts";
import { NETLINK, PACKET } from "./packet.ts";
import { RDS } from "./rds.ts";
import { SCTP } from "./sctp.ts";
import { SO } from "./so.ts";
import { TCP } from "./tcp.ts";
import { TIPC } from "./tipc.ts";
import { TLS } from "./tls.ts";
import { UDP } from "./udp.ts";
import { UDPLITE } from "./udplite.ts";
import { VSOCK } from "./vsock.ts";

interface AnyOption {
  readonly name: string;
  readonly read?: ReadCodec<unknown>;
  readonly write?: WriteCodec<never>;
  readonly query?: QueryCodec<unknown, never>;
}

const levels: Record<string, Record<string, AnyOption>> = {
  ...{ ALG, BT, CAN_ISOTP, CAN_J1939, CAN_RAW, KCM, LLC, RDS, TIPC },
  ...{ ICMP, ICMPV6, IP, IPV6, LOCAL, MPTCP, NETLINK, PACKET, SCTP, SO, TCP, TLS, UDP, UDPLITE, VSOCK },
};
const all = Object.values(levels).flatMap((options) => Object.values(options));

test("every option has a number on some system, under its C name", () => {
  const systems = [linux, darwinNumbers, freebsdNumbers, windowsNumbers];
  const lacking = all.filter(({ name }) => systems.every(({ options }) => options[name] === undefined));
  assert.deepEqual(lacking, []);
});

test("an option's key is its C name without the prefix", () => {
  for (const [level, options] of Object.entries(levels)) {
    for (const [key, { name }] of Object.entries(options)) {
      assert.ok(
        name === key ||
          name === `${level}_${key}` ||
          name.endsWith(`SO_${key}`) ||
          name === `SO_${level.replace("CAN_", "")}_${key}`,
        `${level}.${key}: ${name}`,
      );
    }
  }
});

test("reading stays inside the option's memory and never throws, for any bytes and length from the kernel", () => {
  const bytes = fc.uint8Array({ maxLength: 512 });
  const length = fc.oneof(fc.nat(512), fc.integer({ min: -1, max: 0x7fffffff }));
  const reading = all.flatMap(({ name, read, query }) =>
    [read, query].flatMap((codec) => (codec === undefined ? [] : [{ name, codec }])),
  );
  for (const { name, codec } of reading) {
    fc.assert(
      fc.property(bytes, length, (bytes, length) => {
        const value = new ValueResult(new ArrayBuffer(OPTION_CAPACITY + 16));
        value.bytes.set(bytes);
        value.length = length;
        assert.notEqual(codec.decode(value, linux), undefined, name);
      }),
      { numRuns: 50 },
    );
  }
});

const named = except({ windows: "it looks names of interfaces up in Linux's library" });

test("setting throws a TypeError or a RangeError, or encodes bytes that fit", named, () => {
  const encoding = all.flatMap(({ name, write, query }) =>
    [write, query].flatMap((codec) => (codec === undefined ? [] : [{ name, codec }])),
  );
  for (const { name, codec } of encoding) {
    fc.assert(
      fc.property(fc.anything(), (given) => {
        const value = new ValueResult(new ArrayBuffer(OPTION_CAPACITY + 16));
        value.length = -1;
        try {
          // Bypasses the compiler, to set values that are not of the option's type.
          codec.encode(given as never, value, linux);
          assert.ok(value.length >= 0 && value.length <= value.capacity, `${name}: ${value.length}`);
        } catch (error) {
          assert.ok(error instanceof TypeError || error instanceof RangeError, `${name}: ${error}`);
        }
      }),
      { numRuns: 200 },
    );
  }
});
