import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import type { ReceiveRequest } from "../host/kernel-socket.ts";
import { SOCKET_OPTION } from "../host/socket-options.ts";
import { adjustReceiveBuffer } from "./buffers.ts";
import type { ControlBlock } from "./control-block.ts";
import { acknowledgeRead } from "./delayed-ack.ts";
import type { ReceivedSegment } from "./receive-queue.ts";
import { add, after, distance } from "./sequence.ts";
import { STATE } from "./state.ts";
import { isInline } from "./urgent.ts";

const { MSG } = constants;
const { EAGAIN, EINVAL, ENOTCONN } = errnos;
const { ERRQUEUE = 0, TRUNC } = MSG;

/**
 * Copies what arrived to the program: tcp_recvmsg_locked(). Returns a count or a negative errno.
 */
export function read(tcb: ControlBlock, request: ReceiveRequest): number {
  const { flags } = request;
  if ((flags & ERRQUEUE) !== 0) return tcb.reports?.receive(request, tcb.socket.ipv6) ?? -EAGAIN;
  if (tcb.state === STATE.LISTEN) return -ENOTCONN;
  if ((flags & MSG.OOB) !== 0) return readUrgent(tcb, request);
  const { socket } = tcb;
  const peeks = (flags & MSG.PEEK) !== 0;
  const offset = socket.value(SOCKET_OPTION.PEEK_OFF);
  const cursor = new Cursor(request, (flags & TRUNC) !== 0);
  const found = readSegments(tcb, cursor, peeks && offset > 0 ? offset : 0, peeks);
  const { copied } = cursor;
  if (offset >= 0 && copied > 0)
    socket.setValue(SOCKET_OPTION.PEEK_OFF, peeks ? offset + copied : Math.max(0, offset - copied));
  if (!found) {
    if (tcb.finReceived) return 0;
    if (socket.error !== 0) return socket.takeError();
    if (socket.receiveShutdown) return 0;
    return tcb.state === STATE.CLOSE ? -ENOTCONN : -EAGAIN;
  }
  if (!peeks) acknowledgeRead(tcb, copied);
  return copied;
}

/** Where the next bytes go. */
class Cursor {
  copied = 0;
  readonly #request: ReceiveRequest;
  readonly #discard: boolean;
  #piece = 0;
  #at = 0;

  constructor(request: ReceiveRequest, discard: boolean) {
    this.#request = request;
    this.#discard = discard;
  }

  get left(): number {
    return this.#request.length - this.copied;
  }

  write(data: Uint8Array): void {
    this.copied += data.length;
    if (this.#discard) return;
    for (let from = 0; from < data.length; ) {
      const piece = this.#request.pieces[this.#piece];
      if (piece === undefined) return;
      const space = piece.length - this.#at;
      if (space === 0) {
        this.#piece += 1;
        this.#at = 0;
        continue;
      }
      const by = Math.min(space, data.length - from);
      piece.set(from === 0 && by === data.length ? data : data.subarray(from, from + by), this.#at);
      this.#at += by;
      from += by;
    }
  }
}

/** Returns whether there was anything to read. */
function readSegments(tcb: ControlBlock, cursor: Cursor, skip: number, peeks: boolean): boolean {
  let sequence = add(tcb.copiedSeq, skip);
  let segment: ReceivedSegment | undefined = tcb.receiveQueue.head;
  let found = false;
  while (segment !== undefined && (cursor.left > 0 || !found)) {
    // Reading stops before the urgent byte, and the next read begins after it.
    if (tcb.urgent?.sequence === sequence && cursor.copied > 0) break;
    let from = distance(segment.sequence, sequence);
    if (from >= segment.data.length) {
      const { next }: ReceivedSegment = segment;
      if (!peeks) tcb.receiveQueue.removeHead();
      segment = next;
      continue;
    }
    let used = Math.min(segment.data.length - from, cursor.left);
    if (tcb.urgent !== undefined) {
      const urgentOffset = (tcb.urgent.sequence - sequence) >>> 0;
      if (urgentOffset === 0 && !isInline(tcb)) {
        sequence = add(sequence, 1);
        from += 1;
        used = Math.min(segment.data.length - from, cursor.left);
      } else if (urgentOffset > 0 && urgentOffset < used) {
        used = urgentOffset;
      }
    }
    if (from < segment.data.length) found = true;
    const isWhole = from === 0 && used === segment.data.length;
    if (used > 0) cursor.write(isWhole ? segment.data : segment.data.subarray(from, from + used));
    sequence = add(sequence, used);
    if (!peeks) {
      tcb.copiedSeq = sequence;
      if (tcb.urgent !== undefined && after(tcb.copiedSeq, tcb.urgent.sequence)) tcb.urgent = undefined;
      adjustReceiveBuffer(tcb);
    }
    if (from + used >= segment.data.length) {
      const { next }: ReceivedSegment = segment;
      if (!peeks) tcb.receiveQueue.removeHead();
      segment = next;
    }
  }
  return found;
}

/** The urgent byte: tcp_recv_urg(). */
function readUrgent(tcb: ControlBlock, request: ReceiveRequest): number {
  const { socket, urgent } = tcb;
  if (isInline(tcb) || urgent === undefined || urgent.state === "read") return -EINVAL;
  if (tcb.state === STATE.CLOSE && !socket.receiveShutdown) return -ENOTCONN;
  if (urgent.state === "awaited") return tcb.state === STATE.CLOSE || socket.receiveShutdown ? 0 : -EAGAIN;
  if ((request.flags & MSG.PEEK) === 0) urgent.state = "read";
  request.outFlags |= MSG.OOB;
  if (request.length === 0) {
    request.outFlags |= TRUNC;
    return 0;
  }
  if ((request.flags & TRUNC) === 0) {
    const piece = request.pieces.find(({ length }) => length > 0);
    if (piece !== undefined) piece[0] = urgent.value;
  }
  return 1;
}
