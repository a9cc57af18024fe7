// node tell-here.mjs PORT CALLS: how long explain() and listeners() take in a running process: the
// first call, and the median of those after it, by the clock and by the processor, in microseconds.
import { explain, listeners } from "../../dist/diagnose/index.js";
import { summary } from "../figures.mjs";

const [, , port, calls] = process.argv;
const address = { family: "ipv4", address: "127.0.0.1", port: Number(port) };
console.log(JSON.stringify({ explain: timed(() => explain(address)), listeners: timed(listeners) }));

function timed(call) {
  const samples = Array.from({ length: Number(calls) + 1 }, () => {
    const before = process.cpuUsage();
    const start = performance.now();
    call();
    const wall = (performance.now() - start) * 1000;
    const { user, system } = process.cpuUsage(before);
    return { wall, cpu: user + system };
  });
  const [first, ...others] = samples;
  const median = (of) => summary(others.map(of)).median;
  return { first, wall: median(({ wall }) => wall), cpu: median(({ cpu }) => cpu) };
}
