import type { AddressInput } from "../../address/address.ts";
import type { Borrowed } from "../../posix/borrow.ts";
import { endpointOf } from "../../posix/endpoint.ts";
import { tryGetpeername } from "../../posix/getpeername.ts";
import { recvErrorName } from "../../posix/recv-errno.ts";
import { type RecvfromError, recvfromErrors } from "../../posix/recvfrom.ts";
import { sendErrorName } from "../../posix/send-errno.ts";
import { type SendtoError, sendtoErrors } from "../../posix/sendto.ts";
import { host } from "../../system/host.ts";

/** An error of a datagram socket: one of `sendto()` or of `recvfrom()`. */
export type DatagramError = SendtoError | RecvfromError;

/** Why a datagram could not be sent. */
export function sendtoError(socket: Borrowed, errno: number, to: AddressInput | null): SendtoError {
  return sendtoErrors.failure(host, errno, {
    ask: (code) => sendErrorName(socket, code),
    where: () => (to === null ? peerOf(socket) : endpointOf(to)),
  }).error;
}

/** Why receiving failed, such as because nobody received an earlier datagram. */
export function recvfromError(socket: Borrowed, errno: number): RecvfromError {
  return recvfromErrors.failure(host, errno, {
    ask: (code) => recvErrorName(socket, code),
    where: () => peerOf(socket),
  }).error;
}

function peerOf({ fd }: Borrowed) {
  const peer = tryGetpeername(fd);
  return peer.ok ? endpointOf(peer.value) : undefined;
}

/** The error of receiving on a closed socket. */
export const receivingClosed = (): RecvfromError => recvfromErrors.fail(host, "SocketClosed").error;

/** The error of sending on a closed socket. */
export const sendingClosed = (): SendtoError => sendtoErrors.fail(host, "SocketClosed").error;
