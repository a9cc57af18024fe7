// How a script's packets correspond to real ones. A script counts sequence numbers from 0 and names
// timestamps as it likes; the host chooses its own.
import type { TcpOption } from "./script.ts";
import type { WireTcp } from "./wire.ts";

const wrap = (value: number): number => ((value % 2 ** 32) + 2 ** 32) % 2 ** 32;

/** One side's initial sequence number: as the script writes it, and as it really is. */
interface InitialSequence {
  script: number;
  live: number;
}

/** No timestamp of the script corresponds to one that the host sent. */
export class UnknownTimestamp extends Error {}

/**
 * A socket of the script: a listener, a connection, or a datagram socket. After the handshake a
 * script counts from the initial sequence number, in a SYN it gives the number itself.
 */
export class Connection {
  readonly protocol: "tcp" | "udp" | "icmp";
  state: "new" | "listening" | "connecting" | "syn sent" | "syn received" | "established" = "new";
  localPort = 0;
  remotePort = 0;
  /** The script's number of its descriptor, once it has one. */
  fd: number | undefined;
  readonly local: InitialSequence = { script: 0, live: 0 };
  readonly remote: InitialSequence = { script: 0, live: 0 };
  /** Bytes that the script's calls have written, and read, with contents that we chose. */
  written = 0;
  read = 0;
  /** Whether every byte written, or read, so far was a known one of the pattern. */
  writesPattern = true;
  readsPattern = true;
  readonly #timestamps = new Map<number, number>();
  #firstTimestamp: InitialSequence | undefined;

  constructor(protocol: "tcp" | "udp" | "icmp") {
    this.protocol = protocol;
  }

  /** A segment of the script as the host must get it. */
  toLive(segment: WireTcp, syn: boolean, acknowledges: boolean, scaledEcho: boolean): WireTcp {
    const remote = syn ? this.remote.live - this.remote.script : this.remote.live;
    const local = syn ? this.local.live - this.local.script : this.local.live;
    return {
      ...segment,
      sequence: wrap(segment.sequence + remote),
      acknowledgment: acknowledges ? wrap(segment.acknowledgment + local) : segment.acknowledgment,
      options: segment.options.map((option) =>
        option.kind === "TS" && acknowledges
          ? { ...option, echo: this.#liveEcho(option.echo, scaledEcho) }
          : shiftSack(option, local),
      ),
    };
  }

  #liveEcho(echo: number, scaled: boolean): number {
    const exact = this.#timestamps.get(echo);
    if (exact !== undefined) return exact;
    const first = this.#firstTimestamp;
    if (first !== undefined && scaled) return wrap(echo - first.script + first.live);
    throw new UnknownTimestamp(`the host has sent no timestamp that the script calls ${echo}`);
  }

  /** A segment that the host sent, with the script's sequence numbers. */
  toScript(segment: WireTcp, syn: boolean, acknowledges: boolean): WireTcp {
    const local = syn ? this.local.script - this.local.live : -this.local.live;
    const remote = syn ? this.remote.script - this.remote.live : -this.remote.live;
    return {
      ...segment,
      sequence: wrap(segment.sequence + local),
      acknowledgment: acknowledges ? wrap(segment.acknowledgment + remote) : segment.acknowledgment,
      options: segment.options.map((option) => shiftSack(option, remote)),
    };
  }

  /**
   * Learns what the host's timestamp is called in the script, and returns the host's on the
   * script's scale.
   */
  timestampToScript(script: number, live: number): number {
    this.#timestamps.set(script, live);
    this.#firstTimestamp ??= { script, live };
    return wrap(this.#firstTimestamp.script + (live - this.#firstTimestamp.live));
  }
}

function shiftSack(option: TcpOption, by: number): TcpOption {
  if (option.kind !== "sack") return option;
  const blocks = option.blocks.map(({ left, right }) => ({ left: wrap(left + by), right: wrap(right + by) }));
  return { kind: "sack", blocks };
}
