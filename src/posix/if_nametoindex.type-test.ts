// Code that must, and code that must not, compile; it is never run.
import { same } from "../../test/same-type.ts";
import type { Result } from "../errors/result.ts";
import { IPV6 } from "../options/ipv6.ts";
import { SO } from "../options/so.ts";
import { bind } from "./bind.ts";
import { getsockopt } from "./getsockopt.ts";
import { if_indextoname } from "./if_indextoname.ts";
import type { InterfaceName, if_nameindex } from "./if_nameindex.ts";
import { type If_nametoindexError, if_nametoindex, type tryIf_nametoindex } from "./if_nametoindex.ts";
import type { ReceivedMessage } from "./received-message.ts";
import { sendmsg } from "./sendmsg.ts";
import { setsockopt } from "./setsockopt.ts";

declare const fd: number;

export function returns(error: If_nametoindexError): void {
  same<ReturnType<typeof if_nametoindex>, number>(true);
  same<ReturnType<typeof tryIf_nametoindex>, Result<number, If_nametoindexError>>(true);
  same<ReturnType<typeof if_indextoname>, string>(true);
  same<ReturnType<typeof if_nameindex>, InterfaceName[]>(true);
  same<
    typeof error.name,
    "DeviceNotFound" | "ProcessFdQuotaExceeded" | "SystemFdQuotaExceeded" | "SystemResources" | "Unexpected"
  >(true);
}

export function takesNamesAndReadsIndexes(received: ReceivedMessage): void {
  setsockopt(fd, SO.BINDTOIFINDEX, "lo");
  setsockopt(fd, IPV6.JOIN_GROUP, { multiaddr: "ff02::1", ifindex: "lo" });
  const index = getsockopt(fd, SO.BINDTOIFINDEX);
  same<typeof index, number>(true);
  bind(fd, { family: "packet", protocol: 3, ifindex: "lo" });
  bind(fd, { family: "ipv6", address: "fe80::1", port: 0, scopeId: "lo" });
  sendmsg(fd, { data: [], control: [{ type: "IPV6_PKTINFO", address: "::1", ifindex: "lo" }] });
  for (const message of received.control) {
    if (message.type === "IPV6_PKTINFO") same<typeof message.ifindex, number>(true);
  }
  // @ts-expect-error it takes a name, not an index
  if_nametoindex(1);
  // @ts-expect-error it takes an index, not a name
  if_indextoname("lo");
  // @ts-expect-error this address has no interface
  bind(fd, { family: "vsock", cid: "lo", port: 1 });
}
