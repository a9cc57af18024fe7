import { type InterfaceReference, interfaceIndex } from "../../address/interface-index.ts";
import { checkObject } from "../../errors/argument.ts";
import type { WriteCodec } from "../option.ts";
import { SOCKADDR_STORAGE, writeStorage } from "./fields.ts";

/** A multicast group on an interface: struct group_req, for both IPv4 and IPv6. */
export interface GroupReq {
  /** The index or name of the interface; 0, the default, lets the kernel choose. */
  readonly interface?: InterfaceReference;
  /** The group: an address of the option's level. */
  readonly group: string;
}

// struct group_req is { __u32 gr_interface; struct __kernel_sockaddr_storage gr_group }
// (include/uapi/linux/in.h); the storage is aligned like a pointer, except on macOS.

export function groupReq(family: "ipv4" | "ipv6"): WriteCodec<GroupReq> {
  return {
    encode(value, into, system) {
      const { groupOffset } = system.optionLayouts;
      checkObject("the option", "{ interface, group }", value);
      into.view.setUint32(0, interfaceIndex("interface", value.interface ?? 0, system), true);
      into.view.setUint32(4, 0);
      writeStorage("group", value.group, family, into, groupOffset, system);
      into.length = groupOffset + SOCKADDR_STORAGE;
    },
  };
}
