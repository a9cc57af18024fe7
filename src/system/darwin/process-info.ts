import type { Holder } from "../host-tables.ts";

// sys/proc_info.h: the results of proc_pidinfo() and proc_listpids(). headers.test.ts checks the
// offsets.

export const PROC_ALL_PIDS = 1;
export const PROC_PIDLISTFDS = 1;
export const PROC_PIDTBSDINFO = 3;
export const PROX_FDTYPE_SOCKET = 2;

/** struct proc_fdinfo. */
export const PROC_FDINFO = { proc_fd: 0, proc_fdtype: 4, size: 8 };

/** struct proc_bsdinfo. */
export const PROC_BSDINFO = {
  pbi_pid: 12,
  pbi_ppid: 16,
  pbi_uid: 20,
  pbi_comm: 48,
  pbi_name: 64,
  pbi_start_tvsec: 120,
  pbi_start_tvusec: 128,
  size: 136,
};

/** The descriptors in a list of struct proc_fdinfo that are sockets. */
export function socketsIn(list: Uint8Array): number[] {
  const view = new DataView(list.buffer, list.byteOffset, list.byteLength);
  const fds: number[] = [];
  for (let at = 0; at + PROC_FDINFO.size <= list.byteLength; at += PROC_FDINFO.size) {
    if (view.getUint32(at + PROC_FDINFO.proc_fdtype, true) === PROX_FDTYPE_SOCKET) {
      fds.push(view.getInt32(at + PROC_FDINFO.proc_fd, true));
    }
  }
  return fds;
}

/** The fields of struct proc_bsdinfo; pbi_name, which is longer than pbi_comm, may be empty. */
export function decodeBsdInfo(
  bytes: Uint8Array,
): Pick<Holder, "pid" | "name" | "parent" | "started" | "startTicks"> & { readonly uid: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const seconds = Number(view.getBigUint64(PROC_BSDINFO.pbi_start_tvsec, true));
  const startTicks = seconds * 1_000_000 + Number(view.getBigUint64(PROC_BSDINFO.pbi_start_tvusec, true));
  const name = text(bytes.subarray(PROC_BSDINFO.pbi_name, PROC_BSDINFO.pbi_name + 32));
  return {
    pid: view.getUint32(PROC_BSDINFO.pbi_pid, true),
    name: name === "" ? text(bytes.subarray(PROC_BSDINFO.pbi_comm, PROC_BSDINFO.pbi_comm + 16)) : name,
    uid: view.getUint32(PROC_BSDINFO.pbi_uid, true),
    started: startTicks / 1000,
    startTicks,
    parent: view.getUint32(PROC_BSDINFO.pbi_ppid, true),
  };
}

/** Up to the NUL. */
export function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(end === -1 ? bytes : bytes.subarray(0, end)).toString();
}
