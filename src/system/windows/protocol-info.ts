import { SO_PROTOCOL_INFOW } from "./options.ts";
import type { Winsock } from "./ws2_32.ts";

// WSAPROTOCOL_INFOW of winsock2.h: five DWORDs, a GUID, a DWORD and a WSAPROTOCOLCHAIN come first,
// szProtocol last.
const INFO = { addressFamily: 76, socketType: 88, protocol: 92, size: 628 };

/** sizeof(WSAPROTOCOL_INFOW). */
export const PROTOCOL_INFO_SIZE = INFO.size;

const bytes = new Uint8Array(INFO.size);
const length = new Uint8Array(4);

/**
 * The properties of a socket; undefined if the call fails, with the cause in WSAGetLastError().
 */
export function protocolInfo(
  winsock: Winsock,
  socket: number,
): { domain: number; type: number; protocol: number } | undefined {
  new DataView(length.buffer).setInt32(0, INFO.size, true);
  const { level, number } = SO_PROTOCOL_INFOW;
  if (winsock.getsockopt(socket, level, number, bytes, length) !== 0) return undefined;
  const view = new DataView(bytes.buffer);
  return {
    domain: view.getInt32(INFO.addressFamily, true),
    type: view.getInt32(INFO.socketType, true),
    protocol: view.getInt32(INFO.protocol, true),
  };
}
