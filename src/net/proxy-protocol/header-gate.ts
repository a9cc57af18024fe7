import type { Address } from "../../address/address.ts";
import type { Engine } from "../../engine/engine.ts";
import { BorrowedSocket } from "../../posix/borrowed-socket.ts";
import { tryGetpeername } from "../../posix/getpeername.ts";
import { engineClosed, engineOpened } from "../../posix/ownership.ts";
import { type HeaderOutcome, HeaderReader } from "./header-reader.ts";
import { ProxyHeaderError, type ProxyHeaderErrorName } from "./proxy-header-error.ts";
import type { ProxyInfo } from "./proxy-info.ts";
import type { CheckedProxyProtocol } from "./proxy-protocol-options.ts";

/** The listener. */
export interface HeaderGateOwner {
  /** The owner now owns the descriptor, which is positioned after the header, if there was one. */
  onAdmitted(fd: number, info: ProxyInfo | undefined): void;
  /** The connection was closed. */
  onRefused(error: ProxyHeaderError): void;
  /** A header has not arrived yet; other connections may be accepted meanwhile. */
  onHeaderAwaited(): void;
  /** The listener was closed before the header had arrived. */
  onHeaderAbandoned(): void;
}

const names = {
  missing: "ProxyHeaderMissing",
  malformed: "ProxyHeaderMalformed",
  "timed out": "ProxyHeaderTimedOut",
} as const satisfies Record<string, ProxyHeaderErrorName>;

/** Reads the headers of accepted connections, and admits or refuses them. */
export class HeaderGate {
  readonly #engine: Engine;
  readonly #options: CheckedProxyProtocol;
  readonly #owner: HeaderGateOwner;
  /** The readers of headers that have not arrived yet, by descriptor. */
  readonly #readers = new Map<number, HeaderReader>();
  #whenEmpty: (() => void)[] = [];

  constructor(engine: Engine, options: CheckedProxyProtocol, owner: HeaderGateOwner) {
    this.#engine = engine;
    this.#options = options;
    this.#owner = owner;
  }

  /** How many connections have not sent their header. */
  get size(): number {
    return this.#readers.size;
  }

  /** @param fd an accepted socket, which this object now owns */
  admit(fd: number): void {
    const { system } = this.#engine;
    const named = tryGetpeername(new BorrowedSocket(system, { fd }));
    const peer: Address = named.ok ? named.value : { family: "unspecified" };
    if (!this.#isTrusted(fd, peer)) {
      if (this.#options.optional) this.#owner.onAdmitted(fd, undefined);
      else this.#refuse(fd, "ProxyNotTrusted", peer, "is not a trusted proxy");
      return;
    }
    let isDone = false;
    const reader = new HeaderReader(this.#engine, fd, this.#options, (outcome) => {
      isDone = true;
      if (this.#readers.delete(fd)) this.#release(fd);
      // Before anything that may throw. Waiters continue later.
      this.#checkEmpty();
      this.#ended(fd, peer, outcome);
    });
    reader.start();
    if (isDone) return;
    this.#readers.set(fd, reader);
    engineOpened(system, fd);
    system.closeAtThreadEnd(fd);
    this.#owner.onHeaderAwaited();
  }

  /** Resolves once every connection has sent its header, or was refused. */
  async untilEmpty(): Promise<void> {
    if (this.#readers.size > 0) await new Promise<void>((resolve) => this.#whenEmpty.push(resolve));
  }

  /** Closes the connections whose header has not arrived. */
  close(): void {
    for (const [fd, reader] of this.#readers) {
      this.#readers.delete(fd);
      this.#owner.onHeaderAbandoned();
      reader.cancel(() => {
        this.#release(fd);
        this.#engine.system.close(fd);
      });
    }
    this.#checkEmpty();
  }

  #isTrusted(fd: number, peer: Address): boolean {
    try {
      return this.#options.isTrusted(peer);
    } catch (error) {
      // The list may be the program's own.
      this.#engine.system.close(fd);
      throw error;
    }
  }

  #release(fd: number): void {
    const { system } = this.#engine;
    system.keepAtThreadEnd(fd);
    engineClosed(system, fd);
  }

  #ended(fd: number, peer: Address, outcome: HeaderOutcome): void {
    if (outcome.kind === "header") this.#owner.onAdmitted(fd, { ...outcome.header, proxyAddress: peer });
    else if (outcome.kind === "none") this.#owner.onAdmitted(fd, undefined);
    else this.#refuse(fd, names[outcome.kind], peer, `sent no PROXY header: ${outcome.reason}`);
  }

  #refuse(fd: number, name: ProxyHeaderErrorName, peer: Address, message: string): void {
    this.#engine.system.close(fd);
    const error = new ProxyHeaderError(name, peer, `the peer ${describe(peer)} ${message}`);
    this.#owner.onRefused(error);
    this.#options.onRefused?.(error);
  }

  #checkEmpty(): void {
    if (this.#readers.size > 0) return;
    for (const resolve of this.#whenEmpty) resolve();
    this.#whenEmpty = [];
  }
}

function describe(peer: Address): string {
  if (peer.family === "ipv4") return `${peer.address}:${peer.port}`;
  if (peer.family === "ipv6") return `[${peer.address}]:${peer.port}`;
  return `on a socket of family ${peer.family}`;
}
