import assert from "node:assert/strict";
import { readdirSync, readlinkSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { PollHandle } from "../src/native/poll-handle.ts";
import { readOption } from "../src/options/read-option.ts";
import { SO } from "../src/options/so.ts";
import { AF, SOCK } from "../src/posix/constants.ts";
import { host } from "../src/system/host.ts";
import { exceptionHere } from "./platform.ts";
import { rowDescriptors } from "./simulated.ts";

/**
 * Identifies this process's descriptors, for comparing before and after, without the event loop's
 * own, and those for standard output and error that Bun opens on first use.
 */
export function openDescriptors(): string[] {
  const simulated = rowDescriptors();
  if (simulated !== undefined) return simulated;
  return process.platform === "win32" ? openSocketHandles() : openFiles();
}

/**
 * Fails unless the descriptors are the same as before. Bun closes the sockets that it read a
 * child's output from later, on its event loop: in this test, or the next. A real leak stays open.
 */
export async function descriptorsAreAsBefore(before: readonly string[]): Promise<void> {
  for (let looks = 0; looks < 2000 && openDescriptors().length > before.length; looks++) await setTimeout(1);
  const after = openDescriptors();
  const expected = closesLater ? before.filter((each) => after.includes(each)) : before;
  assert.deepEqual(after, expected, "descriptors were left open");
}

const closesLater = exceptionHere({ bun: "it closes on its event loop" }) !== undefined;

function openFiles(): string[] {
  const descriptors: string[] = [];
  const standard = [0, 1, 2].map((fd) => targetOf(`${fd}`));
  for (const fd of readdirSync("/proc/self/fd")) {
    const target = targetOf(fd);
    if (target === undefined || standard.includes(target) || target === certificates) continue;
    if (!/^\/dev\/null$|^\/sys\/|^pipe:|^anon_inode:\[(event|io_uring)/.test(target))
      descriptors.push(`${fd} ${target}`);
  }
  return descriptors.sort();
}

/** Node 26 reads these certificates on a separate thread when a program starts. */
const { NODE_EXTRA_CA_CERTS: certificates } = process.env;

/**
 * Handles are multiples of four, the lowest free one is used first, and no test has thousands open.
 */
const LAST_HANDLE = 4 * 1024;

/** The file of a descriptor; undefined if it is not open, such as that of the listing itself. */
function targetOf(fd: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return undefined;
  }
}

/**
 * libuv keeps a socket of its own for each kind that its loop ever polled (uv__get_peer_poll_socket
 * in src/win/poll.c): they are created here, to exist before and after.
 */
function openPeersOfLoop(): void {
  for (const domain of [AF.INET, AF.INET6]) {
    for (const type of [SOCK.STREAM, SOCK.DGRAM]) {
      const fd = host.socket(domain, type, 0, 0);
      if (fd < 0) continue;
      const handle = PollHandle.open(fd, { polled() {} });
      if (typeof handle !== "number") handle.close();
      host.close(fd);
    }
  }
}

let peersOpen = false;

/** Windows does not list the handles of a process, so each is checked for being a socket. */
function openSocketHandles(): string[] {
  if (!peersOpen) openPeersOfLoop();
  peersOpen = true;
  const handles: string[] = [];
  for (let handle = 4; handle <= LAST_HANDLE; handle += 4) {
    if (readOption(host, handle, SO.TYPE) !== undefined) handles.push(`socket ${handle}`);
  }
  return handles;
}
