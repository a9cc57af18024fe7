import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Socket } from "../src/posix/owned-socket.ts";

/** What a program reads of a descriptor that it inherits. */
export interface InheritedFlags {
  readonly nonblocking: boolean;
  readonly closeOnExec: boolean;
}

const child = fileURLToPath(new URL("../src/posix/descriptor-flags.child.js", import.meta.url));

/** Starts a program that inherits sockets at these numbers, above 2, and reads their flags. */
export function inheritedFlags(sockets: Readonly<Record<number, Socket>>): InheritedFlags[] {
  const numbers = Object.keys(sockets);
  const stdio = Array.from({ length: Math.max(...numbers.map(Number)) + 1 }, (_, fd) => {
    if (fd === 1) return "pipe" as const;
    return sockets[fd]?.fd ?? (fd === 2 ? ("inherit" as const) : ("ignore" as const));
  });
  const run = spawnSync(process.execPath, [child, ...numbers], { stdio, encoding: "utf8", timeout: 60_000 });
  assert.equal(run.status, 0, run.error?.message);
  return JSON.parse(run.stdout);
}
