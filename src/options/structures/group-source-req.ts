import type { WriteCodec } from "../option.ts";
import { SOCKADDR_STORAGE, writeStorage } from "./fields.ts";
import { type GroupReq, groupReq } from "./group-req.ts";

/** One source of a multicast group: struct group_source_req, for both IPv4 and IPv6. */
export interface GroupSourceReq extends GroupReq {
  /** The source: an address of the option's level. */
  readonly source: string;
}

/**
 * struct group_source_req is a struct group_req, and struct __kernel_sockaddr_storage gsr_source
 * (include/uapi/linux/in.h).
 */
export function groupSourceReq(family: "ipv4" | "ipv6"): WriteCodec<GroupSourceReq> {
  const group = groupReq(family);
  return {
    encode(value, into, system) {
      group.encode(value, into, system);
      writeStorage("source", value.source, family, into, into.length, system);
      into.length += SOCKADDR_STORAGE;
    },
  };
}
