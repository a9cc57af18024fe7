/** How to set up the association of a message: struct sctp_initmsg (RFC 6458, 5.3.1); send only. */
export interface SctpInitMessage {
  readonly type: "SCTP_INIT";
  /** The number of outgoing streams to request; 0, as in `SCTP.INITMSG`, by default, as for all. */
  readonly numOstreams?: number;
  /** The maximum number of incoming streams. */
  readonly maxInstreams?: number;
  /** The number of attempts. */
  readonly maxAttempts?: number;
  /** The longest wait between attempts in milliseconds. */
  readonly maxInitTimeo?: number;
}

/** How to send an SCTP message: struct sctp_sndinfo (RFC 6458, 5.3.4); send only. */
export interface SctpSendMessage {
  readonly type: "SCTP_SNDINFO";
  /** The stream. */
  readonly sid: number;
  /** `SCTP_FLAG.UNORDERED` and so on; 0 by default. */
  readonly flags?: number;
  /** The payload protocol identifier, as IANA numbers it; 0 by default. */
  readonly ppid?: number;
  /** Returned with an error of this message; 0 by default. */
  readonly context?: number;
  /** The association, on a one-to-many socket; 0 by default. */
  readonly assocId?: number;
}

/** How reliably to send an SCTP message: struct sctp_prinfo (RFC 6458, 5.3.7); send only. */
export interface SctpReliabilityMessage {
  readonly type: "SCTP_PRINFO";
  /** `SCTP_PR.TTL` and so on. */
  readonly policy: number;
  /** Milliseconds, retransmissions or a priority, as the policy says. */
  readonly value: number;
}

/** The key that authenticates an SCTP message (RFC 6458, 5.3.8); send only. */
export interface SctpAuthenticationMessage {
  readonly type: "SCTP_AUTHINFO";
  readonly keynumber: number;
}

/**
 * A further address of the peer of a new association (RFC 6458, 5.3.9 and 5.3.10); send only. Its
 * port is that of the message's address.
 */
export interface SctpDestinationMessage {
  readonly type: "SCTP_DSTADDRV4" | "SCTP_DSTADDRV6";
  /** An IPv4 or an IPv6 address. */
  readonly address: string;
}

/**
 * How an SCTP message arrived: struct sctp_rcvinfo (RFC 6458, 5.3.5); receive only. The receiver
 * must set SCTP.RECVRCVINFO.
 */
export interface SctpReceiveMessage {
  readonly type: "SCTP_RCVINFO";
  /** The stream, and the message's number in it. */
  readonly sid: number;
  readonly ssn: number;
  /** `SCTP_FLAG.UNORDERED` and so on. */
  readonly flags: number;
  /** The payload protocol identifier, as IANA numbers it. */
  readonly ppid: number;
  /** Transmission sequence numbers: the message's, and the last that is acknowledged. */
  readonly tsn: number;
  readonly cumtsn: number;
  readonly context: number;
  readonly assocId: number;
}

/**
 * The SCTP message that can be received next: struct sctp_nxtinfo (RFC 6458, 5.3.6); receive only.
 * The receiver must set SCTP.RECVNXTINFO.
 */
export interface SctpNextMessage {
  readonly type: "SCTP_NXTINFO";
  readonly sid: number;
  /** `SCTP_FLAG.UNORDERED` and so on, and `MSG.NOTIFICATION` of a notification. */
  readonly flags: number;
  /** The payload protocol identifier, as IANA numbers it. */
  readonly ppid: number;
  /** The bytes of it that have arrived. */
  readonly length: number;
  readonly assocId: number;
}

/**
 * How an SCTP message arrived, in the older form: struct sctp_sndrcvinfo (RFC 6458, 5.3.2). The
 * receiver must set `dataIo` of SCTP.EVENTS.
 */
export interface SctpSendReceiveMessage {
  readonly type: "SCTP_SNDRCV";
  /** The stream, and the message's number in it. */
  readonly stream: number;
  readonly ssn: number;
  /** `SCTP_FLAG.UNORDERED` and so on. */
  readonly flags: number;
  /** The payload protocol identifier, as IANA numbers it. */
  readonly ppid: number;
  readonly context: number;
  /** 0. */
  readonly timetolive: number;
  /** Transmission sequence numbers: the message's, and the last that is acknowledged. */
  readonly tsn: number;
  readonly cumtsn: number;
  readonly assocId: number;
}

/**
 * How to send an SCTP message, in the older form; SCTP_SNDINFO and SCTP_PRINFO replace it.
 */
export interface SctpSendReceiveMessageToSend
  extends Pick<SctpSendReceiveMessage, "type" | "stream">,
    Partial<Pick<SctpSendReceiveMessage, "flags" | "ppid" | "context" | "assocId">> {
  /** The value of the `SCTP_PR` policy in `flags`, such as milliseconds; 0 by default. */
  readonly timetolive?: number;
}
