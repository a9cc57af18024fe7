import type { Address } from "../../address/address.ts";
import { OPTION_CAPACITY, type ValueResult } from "../../system/value-result.ts";
import type { ReadCodec } from "../option.ts";
import { readStorage, SOCKADDR_STORAGE } from "./fields.ts";
import { decodeTcpInfo, TCP_INFO_SIZE, type TcpInfo } from "./tcp-info.ts";

/** sizeof(struct mptcp_subflow_data) (include/uapi/linux/mptcp.h). */
const HEADER = 16;
/** { __u32 size_subflow_data, num_subflows, size_kernel, size_user }. */
const NUM_SUBFLOWS = 4;
const SIZE_USER = 12;

/** The addresses of a path of an MPTCP connection: struct mptcp_subflow_addrs. */
export interface MptcpSubflowAddresses {
  readonly local: Address;
  readonly remote: Address;
}

/** Two unions with a sockaddr_storage. */
export const mptcpSubflowAddrs: ReadCodec<MptcpSubflowAddresses[]> = {
  size: OPTION_CAPACITY,
  prepare: (into) => writeHeader(into, 2 * SOCKADDR_STORAGE),
  decode: (value, system) =>
    subflows(value).map((bytes) => ({
      local: readStorage(bytes.subarray(0, SOCKADDR_STORAGE), system),
      remote: readStorage(bytes.subarray(SOCKADDR_STORAGE), system),
    })),
};

/** A struct tcp_info for each path. */
export const mptcpTcpinfo: ReadCodec<TcpInfo[]> = {
  size: OPTION_CAPACITY,
  prepare: (into) => writeHeader(into, TCP_INFO_SIZE),
  decode: (value) =>
    subflows(value).map((known) => {
      const bytes = new Uint8Array(TCP_INFO_SIZE);
      bytes.set(known);
      return decodeTcpInfo(new DataView(bytes.buffer), known.byteLength);
    }),
};

/** The kernel reads the sizes, and zeros: mptcp_get_subflow_data() in net/mptcp/sockopt.c. */
function writeHeader(into: ValueResult, size: number): void {
  into.bytes.fill(0, 0, HEADER);
  into.view.setUint32(0, HEADER, true);
  into.view.setUint32(SIZE_USER, size, true);
}

/**
 * The elements that fit: `num_subflows` also counts those that did not. They are as long as the
 * kernel says, which has the last word on `size_user`: the tcp_info of an older kernel is shorter
 * than the one asked for, and the next element follows at once (mptcp_getsockopt_tcpinfo()).
 */
function subflows({ valid, view }: ValueResult): Uint8Array[] {
  if (valid.byteLength < HEADER) return [];
  const size = view.getUint32(SIZE_USER, true);
  const fit = size === 0 ? 0 : Math.floor((valid.byteLength - HEADER) / size);
  const count = Math.min(view.getUint32(NUM_SUBFLOWS, true), fit);
  return Array.from({ length: count }, (_, index) => {
    const at = HEADER + index * size;
    return valid.subarray(at, at + size);
  });
}
