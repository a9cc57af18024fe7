// Reserves the number of ports in its first argument, in the range that follows, all at once;
// prints them, and keeps them until its standard input ends.
import { reservePort } from "./reserve-port.ts";

const [count = 1, min = 1, max = 65535] = process.argv.slice(2).map(Number);
const reserve = () => reservePort({ host: "127.0.0.1", port: { min, max } });
const reserved = await Promise.all(Array.from({ length: count }, reserve));
console.log(JSON.stringify(reserved.map(({ port }) => port)));
process.stdin.resume().on("end", () => {
  for (const each of reserved) each[Symbol.dispose]();
});
