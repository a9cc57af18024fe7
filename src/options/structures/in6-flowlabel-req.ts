import { checkObject, integer } from "../../errors/argument.ts";
import type { ReadCodec, WriteCodec } from "../option.ts";
import { named, readIpv6, writeIpv6 } from "./fields.ts";

/** A request to the manager of IPv6 flow labels: struct in6_flowlabel_req. */
export interface In6FlowlabelReq {
  /** `"get"` leases a label for this socket, `"put"` releases it, `"renew"` extends the lease. */
  readonly action: keyof typeof actions;
  /**
   * The label: 0 to 0xfffff. Choose one: with 0 the kernel chooses but does not report its choice.
   */
  readonly label: number;
  /** The destination of datagrams with the label; required to lease a label. */
  readonly dst?: string;
  /** Who else may lease the label; defaults to `"none"`, which is only valid for renewing. */
  readonly share?: keyof typeof shares;
  /** Creates the label if it does not exist. */
  readonly create?: boolean;
  /** Fails if the label exists. */
  readonly exclusive?: boolean;
  /** TCP only, without a label: replies carry the label of the segment they answer. */
  readonly reflect?: boolean;
  /**
   * The label's minimum lifetime in seconds: 0 to 65535; more than 150 needs CAP_NET_ADMIN.
   */
  readonly expires?: number;
  /**
   * How long the label stays reserved after its release, in seconds: 0 to 65535; more than 150
   * needs CAP_NET_ADMIN.
   */
  readonly linger?: number;
}

/** The flow label of a connected socket, according to the flow label manager. */
export interface FlowLabel {
  /** The label: 1 to 0xfffff. */
  readonly label: number;
  /** The destination of datagrams with the label. */
  readonly dst: string;
  /** Who else may lease the label. */
  readonly share: keyof typeof shares;
  /** The label's minimum lifetime in seconds. */
  readonly expires: number;
  /** How long the label stays reserved after its release, in seconds. */
  readonly linger: number;
}

// IPV6_FL_A_, IPV6_FL_S_ and IPV6_FL_F_ of include/uapi/linux/in6.h.
const actions = { get: 0, put: 1, renew: 2 };
const shares = { any: 255, exclusive: 1, none: 0, process: 2, user: 3 };
const CREATE = 1;
const EXCL = 2;
const REFLECT = 4;

// struct in6_flowlabel_req is { in6_addr flr_dst; __be32 flr_label; __u8 flr_action, flr_share;
// __u16 flr_flags, flr_expires, flr_linger; __u32 __flr_pad } (include/uapi/linux/in6.h).
const REQUEST = { label: 16, action: 20, share: 21, flags: 22, expires: 24, linger: 26, pad: 28, size: 32 };

export const in6FlowlabelReq: WriteCodec<In6FlowlabelReq> = {
  encode(value, into) {
    checkObject("the option", "{ action, label, dst, share }", value);
    const { view } = into;
    writeIpv6("dst", value.dst ?? "::", into, 0);
    view.setUint32(REQUEST.label, integer("label", value.label, 0, 0xfffff));
    view.setUint8(REQUEST.action, named("action", value.action, actions));
    view.setUint8(REQUEST.share, named("share", value.share ?? "none", shares));
    const flags = (value.create ? CREATE : 0) | (value.exclusive ? EXCL : 0) | (value.reflect ? REFLECT : 0);
    view.setUint16(REQUEST.flags, flags, true);
    view.setUint16(REQUEST.expires, integer("expires", value.expires ?? 0, 0, 0xffff), true);
    view.setUint16(REQUEST.linger, integer("linger", value.linger ?? 0, 0, 0xffff), true);
    view.setUint32(REQUEST.pad, 0);
    into.length = REQUEST.size;
  },
};

/** If the kernel reports no share, the label was not leased from the manager and has no owner. */
function shareOf(number: number): keyof typeof shares {
  const { any, exclusive, process, user } = shares;
  if (number === any) return "any";
  if (number === exclusive) return "exclusive";
  if (number === process) return "process";
  return number === user ? "user" : "none";
}

export const flowLabel: ReadCodec<FlowLabel> = {
  size: REQUEST.size,
  // The kernel reads the action, IPV6_FL_A_GET, and the flags.
  prepare: (into) => void into.bytes.fill(0, 0, REQUEST.size),
  decode(value) {
    const { view } = value;
    return {
      label: view.getUint32(REQUEST.label),
      dst: readIpv6(value, 0),
      share: shareOf(view.getUint8(REQUEST.share)),
      expires: view.getUint16(REQUEST.expires, true),
      linger: view.getUint16(REQUEST.linger, true),
    };
  },
};
