// Code that must, and code that must not, compile; it is never run.
import { same } from "../../test/same-type.ts";
import type { Address } from "../address/address.ts";
import type { Result } from "../errors/result.ts";
import { connect } from "./connect.ts";
import { AF, AI, NI, SOCK } from "./constants.ts";
import { type AddressInfo, type GetaddrinfoError, getaddrinfo, type tryGetaddrinfo } from "./getaddrinfo.ts";
import { type GetnameinfoError, getnameinfo, type NameInfo } from "./getnameinfo.ts";
import type { getprotobyname, ProtocolEntry } from "./getprotobyname.ts";
import { type GetservbynameError, getservbyname, type ServiceEntry } from "./getservbyname.ts";
import { type inet_ntop, inet_pton } from "./inet.ts";
import { socket } from "./socket.ts";

export function returnsWhatCallsTake(): void {
  const found = getaddrinfo("localhost", "http", { socktype: SOCK.STREAM, flags: AI.CANONNAME });
  same<typeof found, AddressInfo[]>(true);
  for (const { family, socktype, protocol, address, canonname } of found) {
    connect(socket(family, socktype, protocol), address);
    same<typeof address, Address>(true);
    same<typeof canonname, string | undefined>(true);
    same<ReturnType<typeof getnameinfo>, NameInfo>(true);
    getnameinfo(address, NI.NUMERICHOST);
  }
  same<ReturnType<typeof tryGetaddrinfo>, Result<AddressInfo[], GetaddrinfoError>>(true);
  same<ReturnType<typeof getservbyname>, ServiceEntry>(true);
  same<ReturnType<typeof getprotobyname>, ProtocolEntry>(true);
  same<ReturnType<typeof inet_pton>, Uint8Array | undefined>(true);
  same<ReturnType<typeof inet_ntop>, string>(true);
  getaddrinfo(null, 80);
  getservbyname("http");
  // @ts-expect-error a host is text, or null
  getaddrinfo(undefined, 80);
  // @ts-expect-error there is no such hint
  getaddrinfo("localhost", 80, { type: SOCK.STREAM });
  // @ts-expect-error an address is an object
  getnameinfo("127.0.0.1");
  // @ts-expect-error a service is looked up by its name
  getservbyname(80);
  // @ts-expect-error the text is the second argument
  inet_pton("127.0.0.1", AF.INET);
}

export function areExhaustive(error: GetaddrinfoError, named: GetnameinfoError, service: GetservbynameError) {
  switch (error.name) {
    case "AddressFamilyNotSupported":
    case "HostLacksNetworkAddresses":
    case "InvalidArgument":
    case "NameServerFailure":
    case "NameTooLong":
    case "OperationNotSupported":
    case "ProcessFdQuotaExceeded":
    case "ProtocolNotSupported":
    case "ServiceUnavailable":
    case "SocketTypeNotSupported":
    case "SystemFdQuotaExceeded":
    case "SystemResources":
    case "TemporaryNameServerFailure":
    case "Unexpected":
    case "UnknownHostName":
      break;
    default:
      error satisfies never;
  }
  // @ts-expect-error an address needs no service
  if (named.name === "ServiceUnavailable") return "";
  switch (service.name) {
    case "NotFound":
    case "OperationNotSupported":
    case "Unexpected":
      return service.message;
    default:
      return service satisfies never;
  }
}
