import type { AddressInput } from "../../address/address.ts";
import type { Borrowed } from "../../posix/borrow.ts";
import { endpointOf } from "../../posix/endpoint.ts";
import { tryGetpeername } from "../../posix/getpeername.ts";
import { recvErrorName } from "../../posix/recv-errno.ts";
import { type RecvfromError, recvfromErrors } from "../../posix/recvfrom.ts";
import { sendErrorName } from "../../posix/send-errno.ts";
import { type SendtoError, sendtoErrors } from "../../posix/sendto.ts";
import { host } from "../../system/host.ts";

/** What a datagram socket can fail with: an error of `sendto()` or of `recvfrom()`. */
export type DatagramError = SendtoError | RecvfromError;

/** What became of one datagram that was to be sent. */
export function sendtoError(socket: Borrowed, errno: number, to: AddressInput | null): SendtoError {
  return sendtoErrors.failure(host, errno, {
    ask: (code) => sendErrorName(socket, code),
    where: () => (to === null ? peerOf(socket) : endpointOf(to)),
  }).error;
}

/** Why receiving failed, such as that nobody was there for an earlier datagram. */
export function recvfromError(socket: Borrowed, errno: number): RecvfromError {
  return recvfromErrors.failure(host, errno, {
    ask: (code) => recvErrorName(socket, code),
    where: () => peerOf(socket),
  }).error;
}

/** Receiving from a socket whose io_uring has failed for good. */
export const receivingRingFailed = (errno: number): RecvfromError =>
  recvfromErrors.ringFailure(host, errno).error;

function peerOf({ fd }: Borrowed) {
  const peer = tryGetpeername(fd);
  return peer.ok ? endpointOf(peer.value) : undefined;
}

/** Receiving from a socket that we have closed. */
export const receivingClosed = (): RecvfromError => recvfromErrors.fail(host, "SocketClosed").error;

/** Sending from a socket that we have closed. */
export const sendingClosed = (): SendtoError => sendtoErrors.fail(host, "SocketClosed").error;
