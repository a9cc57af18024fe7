import { parseIpv4, parseIpv6 } from "../address/ip.ts";
import { int, integer } from "../errors/argument.ts";
import { type ControlCodec, ipBytes, structure, viewOf } from "./control-codec.ts";
import type { SctpDestinationMessage } from "./sctp-messages.ts";

/** For messages that are only sent. */
const sendOnly = (encode: Required<ControlCodec>["encode"]): ControlCodec => ({
  decode: () => undefined,
  encode,
});

/** struct in_addr or struct in6_addr. */
const destination = (
  type: SctpDestinationMessage["type"],
  parse: (text: string) => Uint8Array | undefined,
): ControlCodec =>
  sendOnly((message) => (message.type === type ? ipBytes("address", message.address, parse) : undefined));

/**
 * The control messages of SCTP, by C name: include/uapi/linux/sctp.h. The ppid is as it is in the
 * packet, and the kernel leaves it alone.
 */
export const sctpCodecs: Readonly<Record<string, ControlCodec>> = {
  /** { __u16 auth_keynumber }. */
  SCTP_AUTHINFO: sendOnly((message) => {
    if (message.type !== "SCTP_AUTHINFO") return undefined;
    const data = new Uint8Array(2);
    viewOf(data).setUint16(0, integer("keynumber", message.keynumber, 0, 0xffff), true);
    return data;
  }),
  SCTP_DSTADDRV4: destination("SCTP_DSTADDRV4", parseIpv4),
  SCTP_DSTADDRV6: destination("SCTP_DSTADDRV6", parseIpv6),
  /**
   * { __u16 sinit_num_ostreams, sinit_max_instreams, sinit_max_attempts, sinit_max_init_timeo }.
   */
  SCTP_INIT: sendOnly((message) => {
    if (message.type !== "SCTP_INIT") return undefined;
    const { numOstreams = 0, maxInstreams = 0, maxAttempts = 0, maxInitTimeo = 0 } = message;
    const data = new Uint8Array(8);
    const view = viewOf(data);
    view.setUint16(0, integer("numOstreams", numOstreams, 0, 0xffff), true);
    view.setUint16(2, integer("maxInstreams", maxInstreams, 0, 0xffff), true);
    view.setUint16(4, integer("maxAttempts", maxAttempts, 0, 0xffff), true);
    view.setUint16(6, integer("maxInitTimeo", maxInitTimeo, 0, 0xffff), true);
    return data;
  }),
  SCTP_NXTINFO: {
    /** { __u16 nxt_sid, nxt_flags; __u32 nxt_ppid, nxt_length; sctp_assoc_t nxt_assoc_id }. */
    decode: structure(16, (view) => ({
      type: "SCTP_NXTINFO",
      sid: view.getUint16(0, true),
      flags: view.getUint16(2, true),
      ppid: view.getUint32(4),
      length: view.getUint32(8, true),
      assocId: view.getInt32(12, true),
    })),
  },
  /** { __u16 pr_policy; __u32 pr_value }. */
  SCTP_PRINFO: sendOnly((message) => {
    if (message.type !== "SCTP_PRINFO") return undefined;
    const data = new Uint8Array(8);
    const view = viewOf(data);
    view.setUint16(0, integer("policy", message.policy, 0, 0xffff), true);
    view.setUint32(4, integer("value", message.value, 0, 0xffffffff), true);
    return data;
  }),
  SCTP_RCVINFO: {
    /**
     * { __u16 rcv_sid, rcv_ssn, rcv_flags; __u32 rcv_ppid, rcv_tsn, rcv_cumtsn, rcv_context;
     * sctp_assoc_t rcv_assoc_id }.
     */
    decode: structure(28, (view) => ({
      type: "SCTP_RCVINFO",
      sid: view.getUint16(0, true),
      ssn: view.getUint16(2, true),
      flags: view.getUint16(4, true),
      ppid: view.getUint32(8),
      tsn: view.getUint32(12, true),
      cumtsn: view.getUint32(16, true),
      context: view.getUint32(20, true),
      assocId: view.getInt32(24, true),
    })),
  },
  /** { __u16 snd_sid, snd_flags; __u32 snd_ppid, snd_context; sctp_assoc_t snd_assoc_id }. */
  SCTP_SNDINFO: sendOnly((message) => {
    if (message.type !== "SCTP_SNDINFO") return undefined;
    const { sid, flags = 0, ppid = 0, context = 0, assocId = 0 } = message;
    const data = new Uint8Array(16);
    const view = viewOf(data);
    view.setUint16(0, integer("sid", sid, 0, 0xffff), true);
    view.setUint16(2, integer("flags", flags, 0, 0xffff), true);
    view.setUint32(4, integer("ppid", ppid, 0, 0xffffffff));
    view.setUint32(8, integer("context", context, 0, 0xffffffff), true);
    view.setInt32(12, int("assocId", assocId), true);
    return data;
  }),
  /**
   * { __u16 sinfo_stream, sinfo_ssn, sinfo_flags; __u32 sinfo_ppid, sinfo_context,
   * sinfo_timetolive, sinfo_tsn, sinfo_cumtsn; sctp_assoc_t sinfo_assoc_id }.
   */
  SCTP_SNDRCV: {
    decode: structure(32, (view) => ({
      type: "SCTP_SNDRCV",
      stream: view.getUint16(0, true),
      ssn: view.getUint16(2, true),
      flags: view.getUint16(4, true),
      ppid: view.getUint32(8),
      context: view.getUint32(12, true),
      timetolive: view.getUint32(16, true),
      tsn: view.getUint32(20, true),
      cumtsn: view.getUint32(24, true),
      assocId: view.getInt32(28, true),
    })),
    /** The kernel reads no numbers of sequence. */
    encode(message) {
      if (message.type !== "SCTP_SNDRCV") return undefined;
      const { stream, flags = 0, ppid = 0, context = 0, timetolive = 0, assocId = 0 } = message;
      const data = new Uint8Array(32);
      const view = viewOf(data);
      view.setUint16(0, integer("stream", stream, 0, 0xffff), true);
      view.setUint16(4, integer("flags", flags, 0, 0xffff), true);
      view.setUint32(8, integer("ppid", ppid, 0, 0xffffffff));
      view.setUint32(12, integer("context", context, 0, 0xffffffff), true);
      view.setUint32(16, integer("timetolive", timetolive, 0, 0xffffffff), true);
      view.setInt32(28, int("assocId", assocId), true);
      return data;
    },
  },
};
