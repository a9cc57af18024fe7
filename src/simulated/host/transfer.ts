import { type Cmsg, cmsgSpace, readCmsgs, writeCmsgs } from "../../control/cmsg.ts";
import { constants } from "../../system/linux/constants.ts";
import { controls } from "../../system/linux/controls.ts";
import { errnos } from "../../system/linux/errno.ts";
import type { MessageHeader, System, ValueResult } from "../../system/system.ts";
import { lengthOf as bytesIn, partOf } from "../../system/view.ts";
import type { Blocking } from "./blocking.ts";
import type { SocketFile } from "./descriptors.ts";
import type { FileTable } from "./file-table.ts";
import type { OpenFile, ReceiveRequest, SendRequest } from "./kernel-socket.ts";
import { readSockaddr, writeSockaddr } from "./sockaddr.ts";

// send() and recv() in their six forms, over KernelSocket's two methods: waiting, MSG_WAITALL, and
// control messages.

const { AF, MSG, SOCK, SOL } = constants;
const { EAGAIN, EBADF, EINVAL, ENOBUFS } = errnos;

/** sizeof(struct sockaddr_storage): the longest address that move_addr_to_kernel() takes. */
export const LONGEST_ADDRESS = 128;
/** SCM_MAX_FD (include/net/scm.h). */
const MOST_FILES = 253;
const IOV_MAX = 1_024;

/** What these calls need from the host. */
export interface TransferContext {
  readonly system: System;
  readonly files: FileTable;
  readonly blocking: Blocking;
  readonly hostName: string;
}

const lengthOf = (pieces: readonly Uint8Array[]): number =>
  pieces.reduce((sum, { byteLength }) => sum + byteLength, 0);

/**
 * Plain views of a program's memory. A Buffer's slice() does not copy, and the methods and getters
 * of a program's own class could do anything.
 */
const plain = (data: readonly Uint8Array[]): Uint8Array[] =>
  data.map((piece) => partOf(piece, 0, bytesIn(piece)));

/** Sends one message, waiting if the socket blocks. */
export function sendMessage(
  context: TransferContext,
  file: SocketFile,
  {
    data,
    address,
    control,
    flags,
  }: {
    readonly data: readonly Uint8Array[];
    readonly address: ValueResult | undefined;
    readonly control: ValueResult | undefined;
    readonly flags: number;
  },
): number {
  if (address !== undefined && address.validLength > LONGEST_ADDRESS) return -EINVAL;
  if (data.length > IOV_MAX) return -errnos.EMSGSIZE;
  const parsed = control === undefined ? NO_CONTROLS : takeControls(context, file, control);
  if (typeof parsed === "number") return parsed;
  const pieces = plain(data);
  const request: SendRequest = {
    pieces,
    length: lengthOf(pieces),
    flags,
    address: address === undefined ? undefined : readSockaddr(address),
    controls: parsed.controls,
    files: parsed.files,
  };
  // The message holds its files until it is received, or could not be sent.
  for (const one of request.files) one.references += 1;
  const sent = waitToSend(context, file, request);
  if (sent < 0) for (const one of request.files) context.files.release(one);
  return sent;
}

function waitToSend(context: TransferContext, file: SocketFile, request: SendRequest): number {
  const { socket } = file;
  const first = socket.send(request);
  const stream = socket.type === SOCK.STREAM;
  const done = first >= 0 ? !stream || first >= request.length : first !== -EAGAIN;
  if (done || file.nonblocking || request.flags & DONTWAIT) return first;
  let sent = Math.max(first, 0);
  const waiting = { host: context.hostName, what: `send() on ${socket.describe()}` };
  // A stream takes what fits, and the rest once there is space: tcp_sendmsg_locked().
  const result = context.blocking.run(waiting, [file], socket.sendTimeout, () => {
    const next = socket.send(sent === 0 ? request : rest(request, sent));
    if (next < 0) return next;
    sent += next;
    return stream && sent < request.length ? -EAGAIN : 0;
  });
  return sent > 0 ? sent : result;
}

const { DONTWAIT = 0, CMSG_CLOEXEC = 0, WAITFORONE = 0, ERRQUEUE = 0 } = MSG;

/** The request for what follows the first bytes; controls and files went with those. */
const rest = (request: SendRequest, from: number): SendRequest => ({
  ...request,
  pieces: after(request.pieces, from),
  length: request.length - from,
  controls: [],
  files: [],
});

function after(pieces: readonly Uint8Array[], from: number): Uint8Array[] {
  const left: Uint8Array[] = [];
  let skip = from;
  for (const piece of pieces) {
    if (skip < piece.byteLength) left.push(skip === 0 ? piece : piece.subarray(skip));
    skip = Math.max(0, skip - piece.byteLength);
  }
  return left;
}

const NO_CONTROLS = { controls: [], files: [] };

/** Reads control messages, and finds the files of SCM_RIGHTS (scm_fp_copy()). */
function takeControls(
  { system, files: table }: TransferContext,
  { socket }: SocketFile,
  control: ValueResult,
): { controls: Cmsg[]; files: OpenFile[] } | number {
  if (control.length > OPTMEM_MAX) return -ENOBUFS;
  const { cmsgs, torn } = readCmsgs(control.valid, system);
  // Less than a header at the end is no message.
  if (torn && !endsShort(control.valid, cmsgs, system)) return -EINVAL;
  const files: OpenFile[] = [];
  const others: Cmsg[] = [];
  const carries = ({ level, number }: Cmsg) =>
    socket.domain === AF.UNIX && level === SOL.SOCKET && number === controls.SCM_RIGHTS?.number;
  const count = cmsgs.reduce((sum, cmsg) => sum + (carries(cmsg) ? cmsg.data.byteLength >> 2 : 0), 0);
  if (count > MOST_FILES) return -EINVAL;
  for (const cmsg of cmsgs) {
    if (!carries(cmsg)) {
      others.push({ ...cmsg, data: cmsg.data.slice() });
      continue;
    }
    const numbers = new DataView(cmsg.data.buffer, cmsg.data.byteOffset, cmsg.data.byteLength);
    for (let index = 0; index < cmsg.data.byteLength >> 2; index += 1) {
      const file = table.pollable(numbers.getInt32(index * 4, true))?.file;
      if (file === undefined) return -EBADF;
      files.push(file);
    }
  }
  return { controls: others, files };
}

/** net.core.optmem_max: sock_kmalloc() of more fails. */
const OPTMEM_MAX = 131_072;

function endsShort(bytes: Uint8Array, cmsgs: readonly Cmsg[], system: System): boolean {
  const used = cmsgs.reduce((sum, { data }) => sum + cmsgSpace(data.byteLength, system), 0);
  return bytes.byteLength - used < system.cmsg.headerSize;
}

/** The arguments of a receiving call, and its results other than the count. */
export interface ReceiveBuffers {
  readonly data: readonly Uint8Array[];
  readonly address: ValueResult | undefined;
  readonly control: ValueResult | undefined;
  readonly flags: number;
}

/** Receives one message, waiting if the socket blocks. `outFlags` gets MSG_TRUNC and so on. */
export function receiveMessage(
  context: TransferContext,
  file: SocketFile,
  { data, address, control, flags }: ReceiveBuffers,
): { received: number; outFlags: number } {
  const pieces = plain(data);
  const request: ReceiveRequest = {
    pieces,
    length: lengthOf(pieces),
    flags,
    blocks: !file.nonblocking && (flags & (DONTWAIT | ERRQUEUE)) === 0,
    wantsControls: control !== undefined,
    address: undefined,
    controls: [],
    files: [],
    outFlags: 0,
  };
  const received = waitToReceive(context, file, request);
  if (received < 0) return { received, outFlags: 0 };
  if (address !== undefined) {
    if (request.address === undefined) address.length = 0;
    else writeSockaddr(request.address, address);
  }
  return { received, outFlags: request.outFlags | giveControls(context, request, control) };
}

function waitToReceive(context: TransferContext, file: SocketFile, request: ReceiveRequest): number {
  const { socket } = file;
  const { blocks } = request;
  const stream = socket.type === SOCK.STREAM && (request.flags & MSG.OOB) === 0;
  // sock_rcvlowat(): how much a stream waits for.
  const wanted =
    request.flags & MSG.WAITALL ? request.length : Math.min(socket.receiveLowWater, request.length);
  const target = stream ? Math.max(wanted, 1) : 1;
  if (request.flags & MSG.PEEK && stream && target > 1 && blocks)
    return peekAll(context, file, request, target);
  const first = socket.receive(request);
  const done = first >= 0 ? !stream || first === 0 || first >= target : first !== -EAGAIN;
  if (done || !blocks) return first;
  let received = Math.max(first, 0);
  const waiting = { host: context.hostName, what: `recv() on ${socket.describe()}` };
  const result = context.blocking.run(waiting, [file], socket.receiveTimeout, () => {
    const next = socket.receive(received === 0 ? request : remainder(request, received));
    // The end, or an error, ends a partial receive; the error is kept for the next call.
    if (next <= 0) return next;
    received += next;
    return stream && received < target ? -EAGAIN : 0;
  });
  return received > 0 ? received : result;
}

/** The request for what comes after the bytes already received. */
const remainder = (request: ReceiveRequest, from: number): ReceiveRequest => ({
  ...request,
  pieces: after(request.pieces, from),
  length: request.length - from,
});

/** MSG_PEEK takes nothing, so it cannot collect: it waits until enough is there. */
function peekAll(
  context: TransferContext,
  file: SocketFile,
  request: ReceiveRequest,
  target: number,
): number {
  const { socket } = file;
  const ended = POLLRDHUP | constants.POLL.ERR | constants.POLL.HUP;
  const waiting = { host: context.hostName, what: `recv() on ${socket.describe()}` };
  const waited = context.blocking.run(waiting, [file], socket.receiveTimeout, () =>
    socket.readable() >= target || (socket.events() & ended) !== 0 ? 0 : -EAGAIN,
  );
  const received = socket.receive(request);
  return waited < 0 && received === -EAGAIN ? waited : received;
}

const POLLRDHUP = constants.POLL.RDHUP;

/**
 * Writes control messages as put_cmsg() does: one that does not fit is truncated, with MSG_CTRUNC.
 * Files come last, as many as fit (scm_detach_fds()).
 */
function giveControls(
  context: TransferContext,
  request: ReceiveRequest,
  control: ValueResult | undefined,
): number {
  const { system, files: table } = context;
  const header = system.cmsg.headerSize;
  const space = control === undefined ? 0 : Math.min(control.length, control.capacity);
  let used = 0;
  let flags = request.flags & CMSG_CLOEXEC;
  for (const { level, number, data } of request.controls) {
    if (space - used < header) {
      flags |= MSG.CTRUNC;
      continue;
    }
    const fits = data.subarray(0, space - used - header);
    if (fits.length < data.length) flags |= MSG.CTRUNC;
    used = put(control, used, { level, number, data: fits }, space, system);
  }
  if (request.files.length > 0) {
    const most = Math.max(0, Math.floor((space - used - header) / 4));
    const numbers: number[] = [];
    for (const file of request.files) {
      const fd = numbers.length < most ? table.install(file, (flags & CMSG_CLOEXEC) !== 0) : -EBADF;
      if (fd >= 0) numbers.push(fd);
      else {
        flags |= MSG.CTRUNC;
        table.release(file);
      }
    }
    if (numbers.length > 0) {
      const data = new Uint8Array(Int32Array.from(numbers).buffer);
      used = put(control, used, { level: SOL.SOCKET, number: 1, data }, space, system);
    }
  }
  if (control !== undefined) control.length = used;
  return flags;
}

function put(
  control: ValueResult | undefined,
  at: number,
  cmsg: Cmsg,
  space: number,
  system: System,
): number {
  if (control === undefined) return at;
  const bytes = new Uint8Array(cmsgSpace(cmsg.data.byteLength, system));
  writeCmsgs([cmsg], bytes, system);
  control.bytes.set(bytes.subarray(0, space - at), at);
  return Math.min(at + bytes.length, space);
}

/** recvmmsg(): waits for the first message, and with MSG_WAITFORONE for no other. */
export function receiveMessages(
  context: TransferContext,
  file: SocketFile,
  messages: readonly MessageHeader[],
  flags: number,
): number {
  // do_recvmmsg() looks for a pending error before anything else.
  const pending = file.socket.error;
  file.socket.error = 0;
  if (pending !== 0) return -pending;
  let count = 0;
  for (const message of messages) {
    const wait = count > 0 && flags & WAITFORONE ? DONTWAIT : 0;
    const { received, outFlags } = receiveMessage(context, file, {
      data: message.data,
      address: message.address ?? undefined,
      control: message.control ?? undefined,
      flags: (flags & ~WAITFORONE) | wait,
    });
    if (received < 0) {
      if (count === 0) return received;
      // The error comes with the next call: do_recvmmsg().
      if (received !== -EAGAIN) file.socket.error = -received;
      return count;
    }
    message.bytes = received;
    message.flags = outFlags;
    count += 1;
    if (outFlags & MSG.OOB) break;
  }
  return count;
}
