// node agree-here.mjs [bag]: on how many sockets listeners() and ss agree, here, or together with a
// mixed bag of sockets.
import { mixedBag } from "../../build/test/mixed-bag.js";
import { asSsTells, ss } from "../../build/test/ss.js";
import { listeners } from "../../dist/diagnose/index.js";

const ends = [];
if (process.argv[2] === "bag") await mixedBag({ after: (end) => ends.push(end) });
console.log(JSON.stringify(["tcp", "udp", "unix"].map(agreement)));
for (const end of ends.toReversed()) await end();

/**
 * Others open and close sockets meanwhile: only sockets that listeners() reports both before and
 * after ss are compared, the rest are `changing`.
 */
function agreement(protocol) {
  const before = told(protocol);
  const theirs = ss(protocol);
  const after = told(protocol);
  const ours = before.filter((line) => after.includes(line));
  const both = ours.filter((line) => theirs.includes(line));
  const changing = new Set([...before, ...after].filter((line) => !ours.includes(line)).map(inodeOf));
  const isSteady = (line) => !both.includes(line) && !changing.has(inodeOf(line));
  return {
    protocol,
    both: both.length,
    onlyOurs: ours.filter(isSteady),
    onlySs: theirs.filter(isSteady),
    changing: changing.size,
  };
}

function told(protocol) {
  return asSsTells(listeners({ all: true }), protocol);
}

function inodeOf(line) {
  return line.split(" ")[1];
}
