import assert from "node:assert/strict";
import { test } from "node:test";
import { runInNewContext } from "node:vm";
import { scripted } from "../../test/scripted/scripted.ts";
import { formatIpv6 } from "../address/ip.ts";
import { flag } from "../options/codecs.ts";
import { ValueResult } from "../system/value-result.ts";
import { kind } from "./argument.ts";
import { Unexpected } from "./entries.ts";
import { ErrorSet } from "./error-set.ts";
import { provideExplanations } from "./explanation.ts";
import { isError } from "./is-error.ts";
import { unwrap } from "./socket-error.ts";

const errors = new ErrorSet("bind", { Unexpected });
const system = scripted({});

test("addresses in messages: IPv6 in brackets, IPv4 without", () => {
  const message = (address: string) => errors.fail(system, "Unexpected", { address, port: 80 }).error.message;
  assert.match(message("::1"), /^bind UNKNOWN \[::1\]:80: /);
  assert.match(message("127.0.0.1"), /^bind UNKNOWN 127\.0\.0\.1:80: /);
});

test("reading a message never throws, even if the explanation does", () => {
  provideExplanations(() => {
    throw new Error("the explanation failed");
  });
  const failed = errors.fail(system, "Unexpected");
  assert.throws(
    () => unwrap(failed, unwrap),
    (error: Error) => {
      assert.match(error.message, /^bind UNKNOWN: /);
      assert.equal(error.message, error.message);
      return true;
    },
  );
});

test("an IPv6 address that only looks like a mapped one", () => {
  const bytes = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0xff, 1, 2, 3, 4);
  assert.equal(formatIpv6(bytes), "::1:ffff:102:304");
  bytes[9] = 0;
  assert.equal(formatIpv6(bytes), "::ffff:1.2.3.4");
});

test("a flag is set even if the kernel returns a number other than 1", () => {
  const value = new ValueResult(new ArrayBuffer(32));
  for (const number of [1, 4, -1, 0x40000000]) {
    value.ints[0] = number;
    assert.equal(flag.decode(value, system), true, `${number}`);
  }
  value.ints[0] = 0;
  assert.equal(flag.decode(value, system), false);
});

test("messages call a Proxy a Proxy, whatever its target", () => {
  assert.equal(kind(new Proxy(new Uint8Array(1), {})), "a Proxy of Uint8Array");
  assert.equal(kind(new Uint8Array(1)), "Uint8Array");
});

test("errors of another realm are errors", () => {
  for (const error of [new Error("x"), new DOMException("x"), runInNewContext("new TypeError('x')")])
    assert.ok(isError(error));
  for (const other of [null, "Error", {}, { name: "Error", message: "x" }])
    assert.equal(isError(other), false);
});
