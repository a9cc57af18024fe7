// Code that must, and code that must not, compile; it is never run.
import type { Socket as DatagramSocket } from "node:dgram";
import type { Server as HttpServer } from "node:http";
import type { Socket as NetSocket, Server, SocketAddress } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Address } from "../address/address.ts";
import { bind } from "./bind.ts";
import { close } from "./close.ts";
import { connect } from "./connect.ts";
import { isListenError, type ListenError, listen, tryListen } from "./listen.ts";
import { Socket } from "./owned-socket.ts";
import { sendto } from "./sendto.ts";
import { socket } from "./socket.ts";

declare const owned: Socket;

export function isExhaustive(error: ListenError): string {
  switch (error.name) {
    case "AccessDenied":
    case "AddressInUse":
    case "AlreadyConnected":
    case "BadFileDescriptor":
    case "ConnectionPending":
    case "FileDescriptorNotASocket":
    case "NetworkSubsystemFailed":
    case "OperationNotSupported":
    case "SocketClosed":
    case "SocketNotBound":
    case "SocketShutDown":
    case "SystemResources":
    case "Unexpected":
      return error.message;
    default:
      return error satisfies never;
  }
}

export function misses(error: ListenError): string {
  switch (error.name) {
    case "AccessDenied":
    case "AlreadyConnected":
    case "BadFileDescriptor":
    case "ConnectionPending":
    case "FileDescriptorNotASocket":
    case "NetworkSubsystemFailed":
    case "OperationNotSupported":
    case "SocketClosed":
    case "SocketNotBound":
    case "SocketShutDown":
    case "SystemResources":
    case "Unexpected":
      return error.message;
    default:
      // @ts-expect-error AddressInUse is missing
      return error satisfies never;
  }
}

// @ts-expect-error a case is missing, so the end can be reached without a value
export function missesWithoutADefault(error: ListenError): string {
  switch (error.name) {
    case "AddressInUse":
      return error.message;
  }
}

export function refusesForeignNames(error: ListenError): boolean {
  switch (error.name) {
    // @ts-expect-error an error name of other calls
    case "ConnectionRefused":
      return true;
    // @ts-expect-error not an error name
    case "EADDRINUSE":
      return true;
    default:
      return false;
  }
}

export function narrows(error: ListenError): void {
  if (error.name === "AddressInUse") {
    error.name satisfies "AddressInUse";
    error.port satisfies number | undefined;
    // @ts-expect-error it is narrowed
    error.name satisfies "AccessDenied";
  } else {
    // @ts-expect-error it is narrowed here as well
    error.name satisfies "AddressInUse";
  }
  error satisfies Error;
  error.errno satisfies number;
  error.code satisfies string;
  // @ts-expect-error an error is read-only
  error.name = "AccessDenied";
}

export function narrowsWhatIsCaught(error: unknown): void {
  // @ts-expect-error it may be anything
  error.name;
  if (isListenError(error)) error satisfies ListenError;
}

export function narrowsAResult(): void {
  const result = tryListen(owned, 1);
  // @ts-expect-error it may have succeeded
  result.error;
  // @ts-expect-error it may have failed
  result.value;
  if (result.ok) {
    // @ts-expect-error there is none
    result.error;
  } else {
    result.error satisfies ListenError;
    // @ts-expect-error there is none
    result.value;
  }
}

export function takesSocketsOfNode(
  nodes: Server | HttpServer | NetSocket | TLSSocket | DatagramSocket | number,
): void {
  listen(owned, 1);
  listen(nodes, 1);
  // @ts-expect-error a string is not a socket
  listen("3", 1);
  // @ts-expect-error undefined is not a socket
  listen(undefined, 1);
  // @ts-expect-error an object with a descriptor is not a socket
  listen({ fd: 3 }, 1);
}

export function needsABacklog(): void {
  // @ts-expect-error a backlog is required
  listen(owned);
  // @ts-expect-error a number, not undefined
  listen(owned, undefined);
  // @ts-expect-error a number, not a bigint
  listen(owned, 1n);
  // @ts-expect-error a number, not a string
  tryListen(owned, "128");
}

export function closesOnlySockets(nodes: Server | NetSocket | DatagramSocket, fd: number): void {
  close(owned);
  // @ts-expect-error a number is borrowed: adopt it first
  close(fd);
  // @ts-expect-error Node's own sockets are borrowed
  close(nodes);
  close(Socket.from(fd));
}

export function makesSockets(): void {
  // @ts-expect-error only socket() and Socket.from() create one
  new Socket();
  // @ts-expect-error a Socket's descriptor does not change
  owned.fd = 3;
  // @ts-expect-error names of options are checked
  socket(2, 1, 0, { nonBlocking: true });
  using disposed = socket(2, 1);
  disposed satisfies Socket;
}

export function takesAddresses(fromNode: SocketAddress, server: Server, decoded: Address): void {
  bind(owned, fromNode);
  bind(owned, decoded);
  const listening = server.address();
  // @ts-expect-error it may be null, or a pipe's name
  connect(owned, listening);
  if (listening !== null && typeof listening === "object") connect(owned, listening);
  sendto(owned, new Uint8Array(1), 0, { family: "ipv6", address: "fe80::1%eth0", port: 7 });
  bind(owned, { family: "unix", path: "\0name" });
  bind(owned, { family: "unix", path: new Uint8Array(3) });
  connect(owned, { family: "unspecified" });
  // @ts-expect-error a port is required
  bind(owned, { family: "ipv4", address: "127.0.0.1" });
  // @ts-expect-error a port is a number
  bind(owned, { family: "ipv4", address: "127.0.0.1", port: "80" });
  // @ts-expect-error a unix address has a path
  bind(owned, { family: "unix", address: "/tmp/socket" });
  // @ts-expect-error an address is an object
  bind(owned, "127.0.0.1:80");
}

export function tellsAddressesApart(address: Address): number | string | Uint8Array {
  switch (address.family) {
    case "ipv4":
      return address.port;
    case "ipv6":
      return address.scopeId;
    case "unix":
      return address.path;
    case "unspecified":
      return "";
    case "unknown":
      return address.data;
    case "netlink":
      return address.groups;
    case "packet":
      return address.ifindex;
    case "vsock":
      return address.cid;
    case "alg":
      return address.name;
    case "bluetooth":
      return address.protocol === "hci" ? address.dev : address.address;
    case "can":
      return address.ifindex;
    case "qipcrtr":
      return address.node;
    case "tipc":
      return address.type === "socket" ? address.ref : address.service;
    case "xdp":
      return address.queueId;
    default:
      return address satisfies never;
  }
}
