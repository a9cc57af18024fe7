// Run without io_uring: prints the reason, the error if it is asked for by name, and how many
// descriptors are left open.
import { readdirSync, readlinkSync } from "node:fs";
import { becomeUnprivileged } from "../../../test/unprivileged.ts";
import { close } from "../../posix/close.ts";
import { AF, SOCK } from "../../posix/constants.ts";
import type { Socket } from "../../posix/owned-socket.ts";
import { socket } from "../../posix/socket.ts";
import { engine, engineChoice } from "../choice.ts";

const [free, unprivileged] = process.argv.slice(2);
if (unprivileged !== undefined) becomeUnprivileged();

const fill: Socket[] = [];
if (free !== undefined) {
  // Uses up all descriptors except these.
  try {
    while (true) fill.push(socket(AF.UNIX, SOCK.STREAM));
  } catch {
    for (const each of fill.splice(0, Number(free))) close(each);
  }
}
// Node has rings and eventfds of its own.
const before = opened();
const lines = [`${engineChoice().name}: ${engineChoice().reason}`, asked()];
process.env.BERKELEY_ENGINE = "uring";
lines.push(asked());
for (const each of fill.splice(0)) close(each);
const left = opened();
console.log([...lines, left === before ? "none left open" : `${left} instead of ${before}`].join("\n"));

/** The rings and eventfds of this process. Looking takes one descriptor. */
function opened(): number {
  const spare = fill.pop();
  if (spare !== undefined) close(spare);
  const targets = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return "";
    }
  });
  if (spare !== undefined) fill.push(socket(AF.UNIX, SOCK.STREAM));
  return targets.filter((target) => /^anon_inode:\[(event|io_uring)/.test(target)).length;
}

function asked(): string {
  try {
    return engine(process.env.BERKELEY_ENGINE === "uring" ? undefined : "uring").name;
  } catch (error) {
    return error instanceof Error && "code" in error ? `${error.code}: ${error.message}` : String(error);
  }
}
