import assert from "node:assert/strict";
import { SCTP } from "../../src/options/sctp.ts";
import { SO } from "../../src/options/so.ts";
import { accept } from "../../src/posix/accept.ts";
import { bind } from "../../src/posix/bind.ts";
import { connect } from "../../src/posix/connect.ts";
import { AF, IPPROTO, MSG, SOCK } from "../../src/posix/constants.ts";
import { getsockname } from "../../src/posix/getsockname.ts";
import { listen } from "../../src/posix/listen.ts";
import type { Socket } from "../../src/posix/owned-socket.ts";
import { recvmsg } from "../../src/posix/recvmsg.ts";
import { sctp_bindx } from "../../src/posix/sctp_bindx.ts";
import { SCTP_BINDX } from "../../src/posix/sctp-constants.ts";
import { decodeSctpNotification, type SctpNotification } from "../../src/posix/sctp-notification.ts";
import { sendto } from "../../src/posix/sendto.ts";
import { setsockopt } from "../../src/posix/setsockopt.ts";
import { trySocket } from "../../src/posix/socket.ts";
import type { KernelRow } from "../conformance.ts";
import { type Fixture, loopback } from "../fixture.ts";
import { lacking } from "../round-trip.ts";

/** The row, skipped if the kernel has no SCTP. */
export const withSctp = <Row extends KernelRow>(row: Row): Row =>
  lacking(row, () => trySocket(AF.INET, SOCK.SEQPACKET, IPPROTO.SCTP));

/** A one-to-many socket. */
export const oneToMany = (fixture: Fixture): Socket => fixture.socket(AF.INET, SOCK.SEQPACKET, IPPROTO.SCTP);

/** A one-to-one socket. */
export const oneToOne = (fixture: Fixture): Socket => fixture.socket(AF.INET, SOCK.STREAM, IPPROTO.SCTP);

/** A one-to-many socket that takes associations. */
export function listening(fixture: Fixture, socket = oneToMany(fixture)): Socket {
  bind(socket, loopback);
  listen(socket, 4);
  return socket;
}

/**
 * Both ends of an association of one-to-one sockets; `prepare` sets options before it is set up.
 */
export function sctpConnection(
  fixture: Fixture,
  prepare: (socket: Socket) => void = () => {},
): { readonly client: Socket; readonly server: Socket } {
  const [client, listener] = [oneToOne(fixture), oneToOne(fixture)];
  for (const socket of [client, listener]) prepare(socket);
  listening(fixture, listener);
  connect(client, getsockname(listener));
  return { client, server: fixture.own(accept(listener).socket) };
}

/** Sends a message to a listening socket, which receives it: the number of its association. */
export function associate(sender: Socket, receiver: Socket, text = "hello"): number {
  setsockopt(receiver, SCTP.RECVRCVINFO, true);
  sendto(sender, Buffer.from(text), 0, getsockname(receiver));
  const { control } = recvmsg(receiver, { data: [new Uint8Array(64)], controlLength: 128 });
  return control.find((message) => message.type === "SCTP_RCVINFO")?.assocId ?? 0;
}

/** A listening socket with two addresses. */
export function multihomed(fixture: Fixture, socket = oneToMany(fixture)) {
  bind(socket, loopback);
  sctp_bindx(socket, [{ ...loopback, address: "127.0.0.2" }], SCTP_BINDX.ADD_ADDR);
  listen(socket, 4);
  const port = portOf(socket);
  const addresses = [
    { family: "ipv4", address: "127.0.0.1", port },
    { family: "ipv4", address: "127.0.0.2", port },
  ] as const;
  return { socket, addresses };
}

export function portOf(bound: Socket): number {
  const name = getsockname(bound);
  assert.ok("port" in name);
  return name.port;
}

/** Receives a notification. */
export function notification(receiver: Socket): SctpNotification {
  // One that does not come fails the row, instead of blocking it.
  setsockopt(receiver, SO.RCVTIMEO, 20_000);
  const buffer = new Uint8Array(1024);
  const message = recvmsg(receiver, { data: [buffer] });
  assert.ok(message.flags & MSG.NOTIFICATION, `${message.bytes} bytes are data`);
  return decodeSctpNotification(buffer.subarray(0, message.bytes));
}
