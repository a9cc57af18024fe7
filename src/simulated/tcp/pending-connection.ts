import { MILLISECOND, Scheduled } from "../clock/virtual-clock.ts";
import type { Ends } from "./connection-table.ts";

/** The owner of a request's timer. */
export interface RequestOwner {
  requestDue(request: PendingConnection): void;
}

/** The options that a SYN requested and that we grant. */
export interface Agreement {
  /** The peer's MSS option, or the default. */
  readonly mss: number;
  readonly timestamps: boolean;
  readonly sack: boolean;
  /** undefined without window scaling: the peer's scale. */
  readonly sndWscale: number | undefined;
  readonly rcvWscale: number;
  readonly ecn: boolean;
}

/**
 * A connection request: a SYN that was answered with a SYN-ACK, which nothing has acknowledged yet.
 * Linux's struct tcp_request_sock. A socket is made only once the acknowledgment arrives.
 */
export class PendingConnection extends Scheduled implements Ends {
  readonly kind = "request";
  readonly #owner: RequestOwner;
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly agreement: Agreement;
  /** The sequence numbers of their SYN and ours. */
  readonly irs: number;
  readonly iss: number;
  /** The window that the SYN-ACK offers, and its limit. */
  readonly window: number;
  readonly windowClamp: number;
  /** The interface that the SYN came from. */
  readonly interface: number;
  tsRecent: number;
  /** In milliseconds. */
  tsRecentAt: number;
  readonly tsOffset: number;
  /** When the first SYN-ACK was sent, in nanoseconds, and its timestamp. */
  readonly sentAt: number;
  readonly firstTsval: number;
  lastTsval: number;
  /** SYN-ACK timeouts, and how often it was sent again for any reason. */
  timeouts = 0;
  retransmissions = 0;
  /**
   * An acknowledgment came, but was ignored: the accept queue is full, or TCP_DEFER_ACCEPT waits.
   */
  acknowledged = false;
  lastOutOfWindowAck: number | undefined = undefined;

  constructor(owner: RequestOwner, ends: Ends, syn: RequestedConnection) {
    super();
    this.#owner = owner;
    this.localAddress = ends.localAddress;
    this.localPort = ends.localPort;
    this.remoteAddress = ends.remoteAddress;
    this.remotePort = ends.remotePort;
    this.agreement = syn.agreement;
    this.irs = syn.irs;
    this.iss = syn.iss;
    this.window = syn.window;
    this.windowClamp = syn.windowClamp;
    this.interface = syn.interface;
    this.tsRecent = syn.tsRecent;
    this.tsRecentAt = Math.floor(syn.now / MILLISECOND);
    this.tsOffset = syn.tsOffset;
    this.sentAt = syn.now;
    this.firstTsval = syn.tsval;
    this.lastTsval = syn.tsval;
  }

  override due(): void {
    this.#owner.requestDue(this);
  }
}

/** The fields of the SYN that a request keeps. */
export interface RequestedConnection {
  readonly agreement: Agreement;
  readonly irs: number;
  readonly iss: number;
  readonly window: number;
  readonly windowClamp: number;
  readonly interface: number;
  readonly tsRecent: number;
  readonly tsOffset: number;
  readonly tsval: number;
  readonly now: number;
}
