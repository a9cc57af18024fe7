// Prints the flags of the descriptors whose numbers are its arguments, which it inherits.
import { getCloseOnExec } from "./getCloseOnExec.ts";
import { getNonblocking } from "./getNonblocking.ts";

const flags = process.argv.slice(2).map((word) => {
  const fd = Number(word);
  return { nonblocking: getNonblocking(fd), closeOnExec: getCloseOnExec(fd) };
});
process.stdout.write(JSON.stringify(flags));
