// Runs sequences of random calls in this network namespace: KIND FIRST COUNT. Stops at the first
// that differs. For src/simulated/host/random-calls.test.ts and `npm run random-calls`.
import { writeFileSync } from "node:fs";
import "../../src/system/host.ts";
import { ip } from "../network-namespace.ts";
import { tcpSequence } from "./tcp-sequence.ts";
import { udpSequence } from "./udp-sequence.ts";
import { unixSequence } from "./unix-sequence.ts";

const kinds = new Map([
  ["tcp", tcpSequence],
  ["udp", udpSequence],
  ["unix", unixSequence],
]);
const [kind = "", first = "1", count = "1"] = process.argv.slice(2);
const sequence = kinds.get(kind);
if (sequence === undefined) throw new RangeError(`there are no sequences of ${kind}`);
ip("link set lo up");
// Ports below are those that the sequences of TCP choose.
writeFileSync("/proc/sys/net/ipv4/ip_local_port_range", "40000 60999");
for (let seed = Number(first); seed < Number(first) + Number(count); seed += 1) {
  try {
    sequence(seed);
  } catch (error) {
    console.error(`${kind} sequence ${seed} differs:`);
    throw error;
  }
}
