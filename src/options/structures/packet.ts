import { type InterfaceReference, interfaceIndex } from "../../address/interface-index.ts";
import { checkObject, integer } from "../../errors/argument.ts";
import { checkBytes } from "../codecs.ts";
import type { ReadCodec, WriteCodec } from "../option.ts";
import { named } from "./fields.ts";

/** A membership of a packet socket on an interface: struct packet_mreq. */
export interface PacketMreq {
  /** The index or name of the interface. */
  readonly ifindex: InterfaceReference;
  /**
   * `"multicast"`: frames to `address`. `"promisc"`: every frame. `"allmulti"`: frames to any
   * group. `"unicast"`: frames to `address`, as if it were the interface's.
   */
  readonly type: "multicast" | "promisc" | "allmulti" | "unicast";
  /** A link-layer address of at most 8 bytes; none by default. */
  readonly address?: Uint8Array;
}

const TYPES = { multicast: 0, promisc: 1, allmulti: 2, unicast: 3 } as const;

/**
 * struct packet_mreq is { int mr_ifindex; unsigned short mr_type, mr_alen; unsigned char
 * mr_address[8] } (include/uapi/linux/if_packet.h).
 */
export const packetMreq: WriteCodec<PacketMreq> = {
  encode(value, into, system) {
    checkObject("the option", "{ ifindex, type, address? }", value);
    const { address = new Uint8Array(0) } = value;
    const bytes = checkBytes("address", address, 0, 8);
    const type = named("type", value.type, TYPES);
    const ifindex = interfaceIndex("ifindex", value.ifindex, system);
    into.bytes.fill(0, 0, 16);
    into.view.setInt32(0, ifindex, true);
    into.view.setUint16(4, type, true);
    into.view.setUint16(6, bytes.byteLength, true);
    into.bytes.set(bytes, 8);
    into.length = 16;
  },
};

/** What a packet socket has received since this was last read: struct tpacket_stats. */
export interface PacketStatistics {
  /** Frames that passed its filter, including those it dropped. */
  readonly packets: number;
  /** Frames dropped because its buffer was full. */
  readonly drops: number;
}

export const packetStatistics: ReadCodec<PacketStatistics> = {
  size: 8,
  decode: ({ view }) => ({ packets: view.getUint32(0, true), drops: view.getUint32(4, true) }),
};

/** What a group of packet sockets made of this socket's frames: struct tpacket_rollover_stats. */
export interface PacketRolloverStats {
  /** Frames that were passed on to another socket. */
  readonly all: number;
  /** Those among them that belong to a flow with many frames. */
  readonly huge: number;
  /** Frames that no socket of the group had space for. */
  readonly failed: number;
}

/** Three __aligned_u64. */
export const packetRolloverStats: ReadCodec<PacketRolloverStats> = {
  size: 24,
  decode: ({ view }) => ({
    all: Number(view.getBigUint64(0, true)),
    huge: Number(view.getBigUint64(8, true)),
    failed: Number(view.getBigUint64(16, true)),
  }),
};

/** How a group of packet sockets shares frames; every member sets the same. */
export interface PacketFanout {
  /** The number of the group: 0 to 65535. */
  readonly id: number;
  /**
   * How to choose the socket for a frame: by the flow's hash, in turn, by CPU, the first with
   * space, and so on, or by a program.
   */
  readonly mode: "hash" | "lb" | "cpu" | "rollover" | "rnd" | "qm" | "cbpf" | "ebpf";
  /** If a member's buffer is full, the next one gets the frame. False by default. */
  readonly rollover?: boolean;
  /** Reassembles fragments first. False by default. */
  readonly defrag?: boolean;
  /** Does not receive frames that this machine sends; older kernels than Linux 6.2 ignore it. */
  readonly ignoreOutgoing?: boolean;
}

/** A group to join, or to create. */
export interface PacketFanoutJoin extends Omit<PacketFanout, "id"> {
  /**
   * The number of the group: 0 to 65535. With `"unique"` the kernel creates a group under an unused
   * number, which PACKET_FANOUT then reads; Linux 4.12.
   */
  readonly id: number | "unique";
}

const MODES = { hash: 0, lb: 1, cpu: 2, rollover: 3, rnd: 4, qm: 5, cbpf: 6, ebpf: 7 } as const;
const ROLLOVER = 0x1000;
const UNIQUEID = 0x2000;
const IGNORE_OUTGOING = 0x4000;
const DEFRAG = 0x8000;

/** An int: the group in its low half, the mode and the flags in its high half (packet(7)). */
export const packetFanout: ReadCodec<Required<PacketFanout>> & WriteCodec<PacketFanoutJoin> = {
  size: 4,
  decode({ view }) {
    const value = view.getUint32(0, true);
    const [type, id] = [value >>> 16, value & 0xffff];
    const mode = Object.entries(MODES).find(([, number]) => number === (type & 0xff))?.[0];
    const known = isMode(mode) ? mode : "hash";
    return {
      id,
      mode: known,
      rollover: (type & ROLLOVER) !== 0,
      defrag: (type & DEFRAG) !== 0,
      ignoreOutgoing: (type & IGNORE_OUTGOING) !== 0,
    };
  },
  encode(value, into) {
    checkObject("the option", "{ id, mode, rollover?, defrag?, ignoreOutgoing? }", value);
    const given = value.id;
    const id = given === "unique" ? 0 : integer("id", given, 0, 0xffff);
    const mode = named("mode", value.mode, MODES);
    const flags =
      (given === "unique" ? UNIQUEID : 0) |
      (value.rollover ? ROLLOVER : 0) |
      (value.defrag ? DEFRAG : 0) |
      (value.ignoreOutgoing ? IGNORE_OUTGOING : 0);
    into.view.setUint32(0, (((mode | flags) << 16) | id) >>> 0, true);
    into.length = 4;
  },
};

const isMode = (mode: string | undefined): mode is keyof typeof MODES =>
  mode !== undefined && Object.hasOwn(MODES, mode);
