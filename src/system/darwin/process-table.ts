import { userInfo } from "node:os";
import type { Holder, Holders, ProcessTable, SocketKey } from "../host-tables.ts";
import { userNames as namesInPasswd } from "../user-names.ts";
import type { DarwinLibc } from "./darwin.ts";
import { socketNumber } from "./pcb-list.ts";
import {
  decodeBsdInfo,
  PROC_ALL_PIDS,
  PROC_BSDINFO,
  PROC_FDINFO,
  PROC_PIDLISTFDS,
  PROC_PIDTBSDINFO,
  socketsIn,
  text,
} from "./process-info.ts";
import { PROC_PIDFDSOCKETINFO, SOCKET_FDINFO } from "./socket-info.ts";

/** PROC_PIDPATHINFO_MAXSIZE of sys/proc_info.h: four times MAXPATHLEN. */
const PATH_SIZE = 4096;

/** Allowance for growth between two calls. */
const SLACK = 64;

type Calls = Pick<DarwinLibc, "proc_listpids" | "proc_pidfdinfo" | "proc_pidinfo" | "proc_pidpath">;

/**
 * macOS: libproc, over its C library, or over a test's. Its calls return the number of bytes
 * written, 0 or less on failure.
 */
export function processTableOver(libc: Calls): ProcessTable {
  function holdersOf(sockets: Iterable<SocketKey>): Holders {
    const wanted = new Set([...sockets].map(({ inode = 0 }) => inode));
    wanted.delete(0);
    const found = new Map<number, Holder[]>();
    let hidden = 0;
    for (const pid of wanted.size === 0 ? [] : processes()) {
      const held = socketsOf(pid, wanted);
      if (held === undefined) hidden += 1;
      else if (held.size > 0) {
        const holder = readProcess(pid);
        if (holder !== undefined)
          for (const inode of held) found.set(inode, [...(found.get(inode) ?? []), holder]);
      }
    }
    return { of: ({ inode = 0 }) => found.get(inode) ?? [], hidden };
  }

  function processes(): number[] {
    const size = libc.proc_listpids(PROC_ALL_PIDS, 0, null, 0);
    const pids = new Int32Array(Math.max(0, size) / 4 + SLACK);
    const written = libc.proc_listpids(PROC_ALL_PIDS, 0, new Uint8Array(pids.buffer), pids.byteLength);
    // Number 0 is the kernel, which has no descriptors.
    return [...pids.subarray(0, Math.max(0, written) / 4)].filter((pid) => pid > 0);
  }

  /** The wanted sockets that a process has open; undefined if it may not be inspected. */
  function socketsOf(pid: number, wanted: ReadonlySet<number>): Set<number> | undefined {
    const size = libc.proc_pidinfo(pid, PROC_PIDLISTFDS, 0, null, 0);
    if (size <= 0) return readProcess(pid) === undefined ? new Set() : undefined;
    const list = new Uint8Array(size + SLACK * PROC_FDINFO.size);
    const written = libc.proc_pidinfo(pid, PROC_PIDLISTFDS, 0, list, list.byteLength);
    if (written <= 0) return readProcess(pid) === undefined ? new Set() : undefined;
    const held = new Set<number>();
    const info = new Uint8Array(SOCKET_FDINFO.size);
    const view = new DataView(info.buffer);
    for (const fd of socketsIn(list.subarray(0, written))) {
      if (libc.proc_pidfdinfo(pid, fd, PROC_PIDFDSOCKETINFO, info, info.byteLength) < info.byteLength)
        continue;
      const number = socketNumber(view, SOCKET_FDINFO.soi_so);
      if (wanted.has(number)) held.add(number);
    }
    return held;
  }

  function readProcess(pid: number): Holder | undefined {
    const bytes = new Uint8Array(PROC_BSDINFO.size);
    if (libc.proc_pidinfo(pid, PROC_PIDTBSDINFO, 0, bytes, bytes.byteLength) < bytes.byteLength)
      return undefined;
    const path = new Uint8Array(PATH_SIZE);
    const length = libc.proc_pidpath(pid, path, path.byteLength);
    const known = decodeBsdInfo(bytes);
    return {
      ...known,
      command: length > 0 ? [text(path)] : [],
      user: userNames()(known.uid),
      directory: undefined,
    };
  }

  const ownPid = () => process.pid;
  return { holdersOf, readProcess, userNames, ownPid, openProcess: () => "not supported" };
}

/** /etc/passwd has only the system's own users; of the others, this process knows its own. */
function userNames(): (uid: number) => string {
  const names = namesInPasswd();
  const own = userInfo();
  return (uid) => (uid === own.uid ? own.username : names(uid));
}
