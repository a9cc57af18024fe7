import type { Address } from "../../address/address.ts";
import type { HandledConnection } from "../connection/handled-connection.ts";
import { startJoin } from "../connection/join.ts";
import type { Pipe } from "../connection/pipe.ts";
import { changesBytes, type Faults } from "./faults.ts";
import { FaultyDirection } from "./faulty-direction.ts";
import type { Attempt, Target } from "./target.ts";

/** A connection to a proxy, or from it to a target. */
export type ProxySide = HandledConnection<ProxiedConnection>;

/** A proxied connection. */
export interface ProxiedStatus {
  /** The client's address, from the PROXY header if there was one. */
  readonly client: Address;
  /** The name of the target; null until one has accepted it. */
  readonly target: string | null;
  /** Bytes to the target. */
  readonly sent: number;
  /** Bytes from the target. */
  readonly received: number;
  /** How many milliseconds it has been open. */
  readonly milliseconds: number;
}

/** A client's connection, and the target's once there is one. */
export class ProxiedConnection {
  readonly client: ProxySide;
  readonly since: number;
  server: ProxySide | undefined;
  target: Target | undefined;
  /** Connecting to a target, which has failed for those in `tried`. */
  attempt: Attempt | undefined;
  tried: Set<Target> | undefined;
  /** Bytes that were received before there was a target. */
  early: Uint8Array | undefined;
  /** The client according to the PROXY header. */
  source: Address | undefined;
  destination: Address | undefined;
  /** Which of the two are still open. */
  open = 1;
  /** For the idle timeout: the byte count at the last check, and when it last changed. */
  seenBytes = 0;
  seenAt: number;
  #pipes: readonly [forth: Pipe, back: Pipe] | undefined;
  #faulty: readonly [forth: FaultyDirection, back: FaultyDirection] | undefined;
  #left: number | undefined;

  constructor(client: ProxySide, now: number) {
    this.client = client;
    this.since = now;
    this.seenAt = now;
  }

  get sent(): number {
    return this.#pipes?.[0].bytes ?? 0;
  }

  get received(): number {
    return this.#pipes?.[1].bytes ?? 0;
  }

  status(now: number): ProxiedStatus {
    return {
      client: this.source ?? this.client.remoteAddress,
      target: this.target?.name ?? null,
      sent: this.sent,
      received: this.received,
      milliseconds: now - this.since,
    };
  }

  /** Starts forwarding both ways. */
  join(server: ProxySide, faults: Faults): void {
    this.server = server;
    this.open++;
    this.#pipes = startJoin(this.client, server);
    this.setFaults(faults);
    const { early } = this;
    this.early = undefined;
    if (early === undefined || early.length === 0) return;
    if (this.#faulty === undefined) this.#pipes[0].send(early);
    else this.#faulty[0].onData(early);
  }

  setFaults(faults: Faults): void {
    const pipes = this.#pipes;
    const { server } = this;
    if (pipes === undefined || server === undefined) return;
    const { resetAfter } = faults;
    this.#left = resetAfter === undefined ? undefined : Math.max(0, resetAfter - this.sent - this.received);
    if (this.#faulty !== undefined) {
      for (const direction of this.#faulty) direction.change(faults);
    } else if (changesBytes(faults)) {
      const pass = (bytes: number) => this.#pass(bytes);
      const { clock } = server.socket.system;
      this.#faulty = [
        new FaultyDirection(clock, pipes[0], this.client, faults, pass),
        new FaultyDirection(clock, pipes[1], server, faults, pass),
      ];
    }
    if (this.#left === 0) this.reset(new Error("reset by the proxy (fault: resetAfter)"));
  }

  /** Bytes of a side that are not forwarded. */
  onData(side: ProxySide, bytes: Uint8Array): void {
    const [forth, back] = this.#faulty ?? [];
    if (side === this.client) forth?.onData(bytes);
    else back?.onData(bytes);
  }

  reset(error: unknown): void {
    this.attempt?.cancel();
    this.attempt = undefined;
    this.client.resetBecause(error);
    this.server?.resetBecause(error);
  }

  /** One of the two is closed; returns whether both are. */
  closed(): boolean {
    this.open--;
    if (this.open > 0) return false;
    this.attempt?.cancel();
    this.attempt = undefined;
    if (this.#faulty !== undefined) for (const direction of this.#faulty) direction.close();
    return true;
  }

  /** How many of the bytes may pass. The connection is reset after them if not all may. */
  #pass(bytes: number): number {
    if (this.#left === undefined) return bytes;
    const allowed = Math.min(bytes, this.#left);
    this.#left -= allowed;
    if (this.#left === 0) {
      const error = new Error("reset by the proxy (fault: resetAfter)");
      this.client.resetForPipe(error);
      this.server?.resetForPipe(error);
    }
    return allowed;
  }
}
