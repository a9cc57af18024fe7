// Code that must, and code that must not, compile; it is never run.
import { same } from "../../test/same-type.ts";
import type { ControlMessage } from "../control/control-message.ts";
import type { Result } from "../errors/result.ts";
import type { Descriptor } from "./owned-descriptor.ts";
import type { Socket } from "./owned-socket.ts";
import type { ReceivedMessage } from "./received-message.ts";
import { type RecvmmsgError, recvmmsg, type tryRecvmmsg } from "./recvmmsg.ts";
import { type RecvmsgError, recvmsg, type tryRecvmsg } from "./recvmsg.ts";
import { type SendmmsgError, sendmmsg, type trySendmmsg } from "./sendmmsg.ts";
import { type SendmsgError, sendmsg, type trySendmsg } from "./sendmsg.ts";

declare const fd: number;
declare const socket: Socket;
declare const descriptor: Descriptor;
const data = [new Uint8Array(1)];

export function returns(): void {
  same<ReturnType<typeof sendmsg>, number>(true);
  same<ReturnType<typeof trySendmsg>, Result<number, SendmsgError>>(true);
  same<ReturnType<typeof recvmsg>, ReceivedMessage>(true);
  same<ReturnType<typeof tryRecvmsg>, Result<ReceivedMessage, RecvmsgError>>(true);
  same<ReturnType<typeof sendmmsg>, number>(true);
  same<ReturnType<typeof trySendmmsg>, Result<number, SendmmsgError>>(true);
  same<ReturnType<typeof recvmmsg>, ReceivedMessage[]>(true);
  same<ReturnType<typeof tryRecvmmsg>, Result<ReceivedMessage[], RecvmmsgError>>(true);
  // @ts-expect-error `same` can fail
  same<ReturnType<typeof sendmsg>, string>(true);
}

export function takesWhatCanBeSent(received: ReceivedMessage): void {
  sendmsg(fd, { data, control: [{ type: "SCM_RIGHTS", descriptors: [fd, socket, descriptor] }] });
  sendmsg(fd, { data, control: [{ type: "IP_TTL", value: 3 }], address: received.address });
  sendmsg(fd, { data, control: [{ type: "SCM_TIMESTAMPING", flags: 2 }] });
  sendmsg(fd, { data, control: [{ type: "SCM_TXTIME", nanoseconds: 1n }] });
  sendmmsg(fd, [{ data }, { data, address: { family: "netlink", pid: 0, groups: 0 } }]);
  // A received control message can be sent, if programs may send its type.
  for (const message of received.control) {
    if (message.type === "IP_PKTINFO" || message.type === "SCM_RIGHTS")
      sendmsg(fd, { data, control: [message] });
  }
}

export function refusesWhatCannotBeSent(received: ReceivedMessage): void {
  // @ts-expect-error only the kernel sends it
  sendmsg(fd, { data, control: [{ type: "SCM_PIDFD", descriptor: fd }] });
  // @ts-expect-error only the kernel sends it
  sendmsg(fd, { data, control: [{ type: "SCM_TIMESTAMP", nanoseconds: 1n }] });
  // @ts-expect-error only the kernel sends it
  sendmsg(fd, { data, control: [{ type: "UDP_GRO", value: 1 }] });
  // @ts-expect-error flags request time stamps; times are only received
  sendmsg(fd, { data, control: [{ type: "SCM_TIMESTAMPING", software: 1n, hardware: 0n }] });
  // @ts-expect-error it takes a bigint
  sendmsg(fd, { data, control: [{ type: "SCM_TXTIME", nanoseconds: 1 }] });
  // @ts-expect-error only the kernel sends it
  sendmsg(fd, { data, control: [{ type: "TCP_CM_INQ", value: 1 }] });
  // @ts-expect-error only the kernel sends some of them
  sendmsg(fd, { data, control: received.control });
  // @ts-expect-error it has no value
  sendmsg(fd, { data, control: [{ type: "IP_TTL" }] });
  // @ts-expect-error there is no such type
  sendmsg(fd, { data, control: [{ type: "IP_TLL", value: 3 }] });
  // @ts-expect-error the descriptors are an array
  sendmsg(fd, { data, control: [{ type: "SCM_RIGHTS", descriptors: fd }] });
  // @ts-expect-error data is an array of pieces
  sendmsg(fd, { data: new Uint8Array(1) });
  // @ts-expect-error a string is not data
  sendmsg(fd, { data: ["text"] });
  // @ts-expect-error data is required
  sendmsg(fd, {});
  // @ts-expect-error the messages are an array
  sendmmsg(fd, { data });
  // @ts-expect-error the buffer is an array of pieces
  recvmsg(fd, new Uint8Array(1));
  // @ts-expect-error the buffers are an array
  recvmmsg(fd, { data });
}

export function isExhaustive(message: ControlMessage<Socket | Descriptor>): string {
  switch (message.type) {
    case "SCM_RIGHTS":
      same<typeof message.descriptors, readonly (Socket | Descriptor)[]>(true);
      return `${message.descriptors.length}`;
    case "SCM_CREDENTIALS":
      return `${message.pid} ${message.uid} ${message.gid}`;
    case "SCM_J1939_DEST_NAME":
      return `${message.name}`;
    case "SCM_PIDFD":
      return `${message.descriptor.fd}`;
    case "IPV6_2292HOPLIMIT":
    case "IPV6_FLOWINFO":
    case "IPV6_HOPLIMIT":
    case "IPV6_RECVFRAGSIZE":
    case "IPV6_TCLASS":
    case "IP_CHECKSUM":
    case "IP_RECVFRAGSIZE":
    case "IP_TOS":
    case "IP_TTL":
    case "NETLINK_LISTEN_ALL_NSID":
    case "NETLINK_PKTINFO":
    case "SCM_INQ":
    case "SCM_J1939_DEST_ADDR":
    case "SCM_J1939_PRIO":
    case "SCM_WIFI_STATUS":
    case "SO_MARK":
    case "SO_PRIORITY":
    case "SO_RXQ_OVFL":
    case "TCP_CM_INQ":
    case "TLS_GET_RECORD_TYPE":
    case "UDP_GRO":
    case "UDP_SEGMENT":
      return `${message.value}`;
    case "IP_PKTINFO":
      return message.specDst;
    case "IPV6_2292PKTINFO":
    case "IPV6_PKTINFO":
      return message.address;
    case "SCTP_NXTINFO":
    case "SCTP_RCVINFO":
      return `${message.sid} ${message.ppid}`;
    case "SCTP_SNDRCV":
      return `${message.stream} ${message.ppid}`;
    case "SCM_TIMESTAMP":
    case "SCM_TIMESTAMPNS":
      same<typeof message.nanoseconds, bigint>(true);
      return `${message.nanoseconds}`;
    case "SCM_TIMESTAMPING":
      same<typeof message.software, bigint>(true);
      return `${message.software} ${message.hardware}`;
    case "SCM_TIMESTAMPING_PKTINFO":
      return `${message.ifindex} ${message.length}`;
    case "PACKET_AUXDATA":
      return `${message.length} ${message.vlanTci}`;
    case "SCM_SECURITY":
      return message.label;
    case "IPV6_ORIGDSTADDR":
    case "IPV6_PATHMTU":
    case "IP_ORIGDSTADDR":
      return message.address.family;
    case "IPV6_2292DSTOPTS":
    case "IPV6_2292HOPOPTS":
    case "IPV6_2292RTHDR":
    case "IPV6_DSTOPTS":
    case "IPV6_HOPOPTS":
    case "IPV6_RTHDR":
    case "IPV6_RTHDRDSTOPTS":
    case "IP_RECVOPTS":
    case "SCM_TIMESTAMPING_OPT_STATS":
    case "IP_RETOPTS":
      return `${message.data.byteLength}`;
    case "IPV6_RECVERR":
    case "IP_RECVERR":
      return message.code;
    case "unknown":
      return `${message.level} ${message.number} ${message.data.byteLength}`;
    default:
      return message satisfies never;
  }
}

export function errorsNarrow(error: RecvmsgError, several: RecvmmsgError): void {
  if (error.name === "ControlTruncated") same<typeof error.name, "ControlTruncated">(true);
  // @ts-expect-error recvmmsg does not fail with it: it sets MSG.CTRUNC
  if (several.name === "ControlTruncated") return;
}
