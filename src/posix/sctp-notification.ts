import type { Address } from "../address/address.ts";
import { copyOfBytes } from "../errors/argument.ts";
import { readStorage, SOCKADDR_STORAGE } from "../options/structures/fields.ts";
import { currentSystem } from "../system/current.ts";

/** The fields of every SCTP notification. */
export interface SctpAssociationEvent<Type extends string> {
  readonly type: Type;
  /** Flags of its kind, such as `SCTP_STREAM_RESET.DENIED`; 0 for most. */
  readonly flags: number;
  readonly assocId: number;
}

/** An association began or ended: struct sctp_assoc_change (RFC 6458, 6.1.1). */
export interface SctpAssociationChange extends SctpAssociationEvent<"SCTP_ASSOC_CHANGE"> {
  /** `SCTP_SAC.COMM_UP` and so on. */
  readonly state: number;
  /** The cause of an ABORT, or `SCTP_SN_ERROR.FAILED_THRESHOLD` and so on. */
  readonly error: number;
  readonly outboundStreams: number;
  readonly inboundStreams: number;
  /** The ABORT chunk; for COMM_UP, on some systems, the features that the association supports. */
  readonly info: Uint8Array;
}

/** An address of the peer changed its state: struct sctp_paddr_change (RFC 6458, 6.1.2). */
export interface SctpPeerAddressEvent extends SctpAssociationEvent<"SCTP_PEER_ADDR_CHANGE"> {
  readonly address: Address;
  /** `SCTP_SPC.ADDR_AVAILABLE` and so on. */
  readonly state: number;
  readonly error: number;
}

/** The peer reported an error: struct sctp_remote_error (RFC 6458, 6.1.3). */
export interface SctpRemoteError extends SctpAssociationEvent<"SCTP_REMOTE_ERROR"> {
  /** The cause, as in the packet (RFC 9260, 3.3.10). */
  readonly error: number;
  /** The whole ERROR chunk. */
  readonly data: Uint8Array;
}

/** A message was not delivered: struct sctp_send_failed_event (RFC 6458, 6.1.11). */
export interface SctpSendFailedEvent extends SctpAssociationEvent<"SCTP_SEND_FAILED_EVENT"> {
  /** The cause. */
  readonly error: number;
  /** How it was sent. */
  readonly sid: number;
  readonly sendFlags: number;
  readonly ppid: number;
  readonly context: number;
  /** The message. */
  readonly data: Uint8Array;
}

/** The same in the older form: struct sctp_send_failed (RFC 6458, 6.1.4). */
export interface SctpSendFailed extends SctpAssociationEvent<"SCTP_SEND_FAILED"> {
  /** The cause. */
  readonly error: number;
  /** How it was sent. */
  readonly sid: number;
  readonly sendFlags: number;
  readonly ppid: number;
  readonly context: number;
  readonly timetolive: number;
  /** The message. */
  readonly data: Uint8Array;
}

/** The peer has stopped sending, or everything sent is acknowledged (RFC 6458, 6.1.5 and 6.1.9). */
export type SctpPlainEvent = SctpAssociationEvent<"SCTP_SHUTDOWN_EVENT" | "SCTP_SENDER_DRY_EVENT">;

/** The adaptation layer of the peer: struct sctp_adaptation_event (RFC 6458, 6.1.6). */
export interface SctpAdaptationIndication extends SctpAssociationEvent<"SCTP_ADAPTATION_INDICATION"> {
  readonly adaptationInd: number;
}

/** A message that arrives in parts ends early: struct sctp_pdapi_event (RFC 6458, 6.1.7). */
export interface SctpPartialDeliveryEvent extends SctpAssociationEvent<"SCTP_PARTIAL_DELIVERY_EVENT"> {
  /** `SCTP_PARTIAL_DELIVERY.ABORTED`. */
  readonly indication: number;
  /** The stream, and the message's number in it. */
  readonly stream: number;
  readonly seq: number;
}

/** Keys changed: struct sctp_authkey_event (RFC 6458, 6.1.8). */
export interface SctpAuthenticationEvent extends SctpAssociationEvent<"SCTP_AUTHENTICATION_EVENT"> {
  readonly keynumber: number;
  readonly altkeynumber: number;
  /** `SCTP_AUTH.NEW_KEY` and so on. */
  readonly indication: number;
}

/** Streams were reset: struct sctp_stream_reset_event (RFC 6525, 6.1.1). */
export interface SctpStreamResetEvent extends SctpAssociationEvent<"SCTP_STREAM_RESET_EVENT"> {
  /** The streams; an empty list is all of them. */
  readonly streams: readonly number[];
}

/** An association was reset: struct sctp_assoc_reset_event (RFC 6525, 6.1.2). */
export interface SctpAssociationResetEvent extends SctpAssociationEvent<"SCTP_ASSOC_RESET_EVENT"> {
  /** The next transmission sequence numbers. */
  readonly localTsn: number;
  readonly remoteTsn: number;
}

/** Streams were added: struct sctp_stream_change_event (RFC 6525, 6.1.3). */
export interface SctpStreamChangeEvent extends SctpAssociationEvent<"SCTP_STREAM_CHANGE_EVENT"> {
  /** The numbers of streams from now on. */
  readonly instrms: number;
  readonly outstrms: number;
}

/** A notification that berkeley does not know, or one that is too short. */
export interface SctpUnknownNotification {
  readonly type: "unknown";
  /** Its number, as in `SCTP_EVENT`. */
  readonly number: number;
  readonly flags: number;
  /** All of its bytes. */
  readonly data: Uint8Array;
}

/** A notification of SCTP, under the C name of its type: union sctp_notification. */
export type SctpNotification =
  | SctpAdaptationIndication
  | SctpAssociationChange
  | SctpAssociationResetEvent
  | SctpAuthenticationEvent
  | SctpPartialDeliveryEvent
  | SctpPeerAddressEvent
  | SctpPlainEvent
  | SctpRemoteError
  | SctpSendFailed
  | SctpSendFailedEvent
  | SctpStreamChangeEvent
  | SctpStreamResetEvent
  | SctpUnknownNotification;

/** The bytes of a notification, and what all of them begin with. */
interface Notification {
  readonly view: DataView;
  readonly bytes: Uint8Array;
  readonly flags: number;
}

interface Kind {
  /** The bytes of the structure, without what follows it. */
  readonly size: number;
  read(notification: Notification): SctpNotification;
}

/** { __u16 type, flags; __u32 length }. */
const HEADER = 8;

/** By number: the types of include/uapi/linux/sctp.h. */
const kinds = new Map<number, Kind>([
  [
    0x8001,
    {
      size: 20,
      read: ({ view, bytes, flags }) => ({
        type: "SCTP_ASSOC_CHANGE",
        flags,
        state: view.getUint16(8, true),
        error: view.getUint16(10, true),
        outboundStreams: view.getUint16(12, true),
        inboundStreams: view.getUint16(14, true),
        assocId: view.getInt32(16, true),
        info: bytes.subarray(20),
      }),
    },
  ],
  [
    0x8002,
    {
      size: 148,
      read: ({ view, bytes, flags }) => ({
        type: "SCTP_PEER_ADDR_CHANGE",
        flags,
        address: readStorage(bytes.subarray(HEADER, HEADER + SOCKADDR_STORAGE), currentSystem()),
        state: view.getInt32(136, true),
        error: view.getInt32(140, true),
        assocId: view.getInt32(144, true),
      }),
    },
  ],
  [
    0x8003,
    {
      size: 48,
      read: ({ view, bytes, flags }) => ({
        type: "SCTP_SEND_FAILED",
        flags,
        error: view.getUint32(8, true),
        sid: view.getUint16(12, true),
        sendFlags: view.getUint16(16, true),
        ppid: view.getUint32(20),
        context: view.getUint32(24, true),
        timetolive: view.getUint32(28, true),
        assocId: view.getInt32(44, true),
        data: bytes.subarray(48),
      }),
    },
  ],
  [
    0x8004,
    {
      size: 16,
      read: ({ view, bytes, flags }) => ({
        type: "SCTP_REMOTE_ERROR",
        flags,
        // __be16.
        error: view.getUint16(8),
        assocId: view.getInt32(12, true),
        data: bytes.subarray(16),
      }),
    },
  ],
  [0x8005, plain("SCTP_SHUTDOWN_EVENT")],
  [
    0x8006,
    {
      size: 24,
      read: ({ view, flags }) => ({
        type: "SCTP_PARTIAL_DELIVERY_EVENT",
        flags,
        indication: view.getUint32(8, true),
        assocId: view.getInt32(12, true),
        stream: view.getUint32(16, true),
        seq: view.getUint32(20, true),
      }),
    },
  ],
  [
    0x8007,
    {
      size: 16,
      read: ({ view, flags }) => ({
        type: "SCTP_ADAPTATION_INDICATION",
        flags,
        adaptationInd: view.getUint32(8, true),
        assocId: view.getInt32(12, true),
      }),
    },
  ],
  [
    0x8008,
    {
      size: 20,
      read: ({ view, flags }) => ({
        type: "SCTP_AUTHENTICATION_EVENT",
        flags,
        keynumber: view.getUint16(8, true),
        altkeynumber: view.getUint16(10, true),
        indication: view.getUint32(12, true),
        assocId: view.getInt32(16, true),
      }),
    },
  ],
  [0x8009, plain("SCTP_SENDER_DRY_EVENT")],
  [
    0x800a,
    {
      size: 12,
      read: ({ view, bytes, flags }) => ({
        type: "SCTP_STREAM_RESET_EVENT",
        flags,
        assocId: view.getInt32(8, true),
        streams: Array.from({ length: (bytes.byteLength - 12) >> 1 }, (_, index) =>
          view.getUint16(12 + index * 2, true),
        ),
      }),
    },
  ],
  [
    0x800b,
    {
      size: 20,
      read: ({ view, flags }) => ({
        type: "SCTP_ASSOC_RESET_EVENT",
        flags,
        assocId: view.getInt32(8, true),
        localTsn: view.getUint32(12, true),
        remoteTsn: view.getUint32(16, true),
      }),
    },
  ],
  [
    0x800c,
    {
      size: 16,
      read: ({ view, flags }) => ({
        type: "SCTP_STREAM_CHANGE_EVENT",
        flags,
        assocId: view.getInt32(8, true),
        instrms: view.getUint16(12, true),
        outstrms: view.getUint16(14, true),
      }),
    },
  ],
  [
    0x800d,
    {
      size: 32,
      read: ({ view, bytes, flags }) => ({
        type: "SCTP_SEND_FAILED_EVENT",
        flags,
        error: view.getUint32(8, true),
        sid: view.getUint16(12, true),
        sendFlags: view.getUint16(14, true),
        ppid: view.getUint32(16),
        context: view.getUint32(20, true),
        assocId: view.getInt32(28, true),
        data: bytes.subarray(32),
      }),
    },
  ],
]);

function plain(type: SctpPlainEvent["type"]): Kind {
  return { size: 12, read: ({ view, flags }) => ({ type, flags, assocId: view.getInt32(8, true) }) };
}

/**
 * Decodes a notification of SCTP: the data of a message that arrived with `MSG.NOTIFICATION`.
 * `SCTP.EVENT` and `SCTP.EVENTS` request them. A notification longer than the buffer arrives in
 * several messages, the last with `MSG.EOR`: pass all of its bytes.
 *
 * @param data the bytes that were received, which are copied
 * @returns the notification; one that is unknown or too short is of type `"unknown"`
 * @throws TypeError if the data is not a Uint8Array
 * @example
 * ```ts
 * const made = trySocket(AF.INET, SOCK.SEQPACKET, IPPROTO.SCTP, { nonblocking: true });
 * if (made.ok) {
 *   using server = made.value;
 *   setsockopt(server, SCTP.EVENT, { type: SCTP_EVENT.ASSOC_CHANGE, on: true });
 *   listen(server, 5);
 *   const buffer = new Uint8Array(1024);
 *   const message = tryRecvmsg(server, { data: [buffer] });
 *   if (message.ok && message.value.flags & MSG.NOTIFICATION) {
 *     console.log(decodeSctpNotification(buffer.subarray(0, message.value.bytes)));
 *   }
 * }
 * ```
 */
export function decodeSctpNotification(data: Uint8Array): SctpNotification {
  const bytes = copyOfBytes("data", data);
  const view = new DataView(bytes.buffer);
  if (bytes.byteLength < HEADER) return { type: "unknown", number: 0, flags: 0, data: bytes };
  const [number, flags] = [view.getUint16(0, true), view.getUint16(2, true)];
  const kind = kinds.get(number);
  if (kind === undefined || bytes.byteLength < kind.size)
    return { type: "unknown", number, flags, data: bytes };
  return kind.read({ view, bytes, flags });
}
