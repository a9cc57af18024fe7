import assert from "node:assert/strict";
import { test } from "node:test";
import { print, printedByC } from "../../test/c-program.ts";
import { except } from "../../test/platform.ts";
import { ICMP_CODE, ICMP_TYPE, ICMPV6_CODE, ICMPV6_TYPE } from "./icmp.ts";

const groups = { ICMP: [ICMP_TYPE, ICMP_CODE], ICMPV6: [ICMPV6_TYPE, ICMPV6_CODE] };

const onLinux = except({
  windows: "it compares with Linux's headers",
  darwin: "it compares with Linux's headers",
  freebsd: "it compares with Linux's headers",
});

test("types and codes of ICMP have the numbers of the headers", onLinux, (context) => {
  const flat = Object.entries(groups).flatMap(([prefix, both]) =>
    both.flatMap((values) =>
      Object.entries(values).map(([name, number]): [string, number] => [
        name.startsWith("ND_") ? name : `${prefix}_${name}`,
        number,
      ]),
    ),
  );
  // Both define struct icmp6_filter.
  const printed = [["linux/icmp.h", "linux/icmpv6.h"], ["netinet/icmp6.h"]].map((headers, ofLibc) =>
    printedByC(
      context,
      headers,
      flat.filter(([name]) => name.startsWith("ND_") === (ofLibc === 1)).map(([name]) => print(name, name)),
    ),
  );
  const [kernel, libc] = printed;
  if (kernel === undefined || libc === undefined) return;
  for (const [name, number] of flat) assert.equal(kernel.get(name) ?? libc.get(name), number, name);
});

for (const values of Object.values(groups).flat()) {
  test(`the ${Object.keys(values).length} names are sorted`, () => {
    assert.deepEqual(Object.keys(values), Object.keys(values).toSorted());
  });
}
