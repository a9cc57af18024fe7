// node find-here.mjs NAME CASE CALLS: how long a finder takes for a port: the median of the calls
// by the clock, and the processor time of them all. CASE is `any` or `range`, whose first half is
// taken.
import net from "node:net";
import { summary } from "../figures.mjs";
import { FIRST, finder, LAST } from "./finders.mjs";

const [, , name, how, calls] = process.argv;
const its = await finder(name);
const others = how === "range" ? await taken() : [];
for (let call = 0; call < 5; call++) await (await its[how]()).close();
its.forget?.();

const walls = [];
const before = process.cpuUsage();
for (let call = 0; call < Number(calls); call++) {
  const start = performance.now();
  const held = await its[how]();
  // A held port is given back within the measured time, since the others have opened and closed
  // sockets too.
  await held.close();
  walls.push((performance.now() - start) * 1000);
  its.forget?.();
}
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ wall: summary(walls).median, cpu: (user + system) / Number(calls) }));
for (const other of others) other.close();

/** The first half of the range is taken, a common case. */
async function taken() {
  const servers = [];
  for (let port = FIRST; port <= (FIRST + LAST) / 2; port++) {
    const server = net.createServer();
    await new Promise((resolve, reject) => server.once("error", reject).listen(port, resolve));
    servers.push(server);
  }
  return servers;
}
