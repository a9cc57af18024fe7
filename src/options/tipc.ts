import { checkObject, integer } from "../errors/argument.ts";
import { act, flag, intBetween, uint } from "./codecs.ts";
import { option, readOnly, type WriteCodec, writeOnly } from "./option.ts";

/** A membership in a group of TIPC sockets: struct tipc_group_req. */
export interface TipcGroup {
  /** The number of the group, from `TIPC_SERVICE.RESERVED_TYPES` on. */
  readonly service: number;
  /** This member's number in the group. */
  readonly instance: number;
  /** `TIPC_SCOPE.CLUSTER` or `TIPC_SCOPE.NODE`. */
  readonly scope: number;
  /** Also receives its own messages to the group. False by default. */
  readonly loopback?: boolean;
  /** Receives events when members join and leave. False by default. */
  readonly memberEvents?: boolean;
}

const GROUP_LOOPBACK = 0x1;
const GROUP_MEMBER_EVTS = 0x2;

/** { __u32 type, instance, scope, flags } (include/uapi/linux/tipc.h). */
const group: WriteCodec<TipcGroup> = {
  encode(value, into) {
    checkObject("the option", "{ service, instance, scope, loopback?, memberEvents? }", value);
    const fields = ["service", "instance", "scope"] as const;
    const numbers = fields.map((field) => integer(field, value[field], 0, 0xffffffff));
    const flags = (value.loopback ? GROUP_LOOPBACK : 0) | (value.memberEvents ? GROUP_MEMBER_EVTS : 0);
    for (const [index, number] of [...numbers, flags].entries()) into.view.setUint32(index * 4, number, true);
    into.length = 16;
  },
};

/** An action without a value; the kernel rejects any. */
const action: WriteCodec<true> = {
  encode(value, into, system) {
    act.encode(value, into, system);
    into.length = 0;
  },
};

/** Options of SOL_TIPC (include/uapi/linux/tipc.h), under their C names. */
export const TIPC = {
  /** The timeout of `connect()` in milliseconds. */
  CONN_TIMEOUT: option("TIPC_CONN_TIMEOUT", uint),
  /** Messages may be dropped at the receiver instead of being returned. */
  DEST_DROPPABLE: option("TIPC_DEST_DROPPABLE", flag),
  /** Joins a group; write only. */
  GROUP_JOIN: writeOnly("TIPC_GROUP_JOIN", group),
  /** Leaves the group. */
  GROUP_LEAVE: writeOnly("TIPC_GROUP_LEAVE", action),
  /** The importance of sent messages under load: `TIPC_IMPORTANCE.LOW` and so on. */
  IMPORTANCE: option("TIPC_IMPORTANCE", intBetween(0, 3)),
  /** Sends to groups by broadcast. */
  MCAST_BROADCAST: writeOnly("TIPC_MCAST_BROADCAST", action),
  /** Sends to groups with a copy for each member. */
  MCAST_REPLICAST: writeOnly("TIPC_MCAST_REPLICAST", action),
  /** Sends immediately: disables Nagle's algorithm; Linux 5.5. */
  NODELAY: writeOnly("TIPC_NODELAY", flag),
  /** Unused; reads 0. */
  NODE_RECVQ_DEPTH: readOnly("TIPC_NODE_RECVQ_DEPTH", uint),
  /** The number of messages in the receive queue. */
  SOCK_RECVQ_DEPTH: readOnly("TIPC_SOCK_RECVQ_DEPTH", uint),
  /** The number of used bytes in the receive buffer; Linux 4.17. */
  SOCK_RECVQ_USED: readOnly("TIPC_SOCK_RECVQ_USED", uint),
  /** Messages may be dropped at the sender. */
  SRC_DROPPABLE: option("TIPC_SRC_DROPPABLE", flag),
};
