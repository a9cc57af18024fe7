import type { Address } from "../../address/address.ts";
import type { Clock, Timer } from "../../clock/clock.ts";
import type { Engine } from "../../engine/engine.ts";
import { TCP } from "../../options/tcp.ts";
import { tryClose } from "../../posix/close.ts";
import { trySetsockopt } from "../../posix/setsockopt.ts";
import { timedOut } from "../abort.ts";
import type { Outcome } from "../connection/connect-attempt.ts";
import { HandledConnection } from "../connection/handled-connection.ts";
import type { ConnectionHandlers } from "../connection/handlers.ts";
import type { CloseOptions } from "../listener/close-options.ts";
import type { Server } from "../listener/server.ts";
import { LONGEST_HEADER, parseProxyHeader } from "../proxy-protocol/parse-proxy-header.ts";
import type { ProxiedAddress } from "../proxy-protocol/proxy-header.ts";
import { encodeV1 } from "../proxy-protocol/version-1.ts";
import { encodeV2 } from "../proxy-protocol/version-2.ts";
import { Balancer } from "./balancer.ts";
import { Deadlines } from "./deadlines.ts";
import { checkFaults, type Faults } from "./faults.ts";
import { ProxiedConnection, type ProxiedStatus, type ProxySide } from "./proxied-connection.ts";
import { type CheckedProxyOptions, checkTargets, type ProxyTarget } from "./proxy-options.ts";
import type { Target, TargetStatus } from "./target.ts";

/** Counts of a proxy since its start. */
export interface ProxyStatistics {
  /** Connections from clients. */
  readonly accepted: number;
  /** Connections that no target accepted, whose header was malformed, or that a fault refused. */
  readonly failed: number;
  /** How often another target was tried after one failed. */
  readonly retried: number;
  /** Connections that an idle timeout reset. */
  readonly timedOut: number;
  /** Bytes to targets. */
  readonly sent: number;
  /** Bytes from targets. */
  readonly received: number;
}

/** A running proxy: `proxy()` returns one. */
export class ProxyServer implements AsyncDisposable {
  readonly #engine: Engine;
  readonly #clock: Clock;
  readonly #options: CheckedProxyOptions;
  /** Open connections; at most `maxConnections` of them have a target or are getting one. */
  readonly #connections = new Set<ProxiedConnection>();
  /** Connections accepted before accepting could be paused. */
  readonly #waiting: ProxiedConnection[] = [];
  #server: Server | undefined;
  readonly #balancer: Balancer;
  /** The deadlines for connecting. */
  readonly #deadlines: Deadlines;
  #faults: Faults;
  #accepted = 0;
  #failed = 0;
  #retried = 0;
  #timedOut = 0;
  /** Byte counts of closed connections. */
  #sent = 0;
  #received = 0;
  #healthTimer: Timer | undefined;
  #idleTimer: Timer | undefined;

  /** @internal */
  constructor(engine: Engine, options: CheckedProxyOptions) {
    this.#engine = engine;
    this.#clock = engine.system.clock;
    this.#options = options;
    this.#faults = options.faults;
    this.#deadlines = new Deadlines(this.#clock, options.connectTimeout);
    this.#balancer = new Balancer(engine, options.balance, options.to);
  }

  /** The handlers of its listener. @internal */
  readonly handlers: ConnectionHandlers<ProxiedConnection> = {
    open: (client) => this.#opened(client),
    data: ({ state }, bytes) => this.#onClientData(state, bytes),
    end: (client) => client.close(),
    close: (client) => this.#closed(client),
  };

  /** The handlers of connections to targets. */
  readonly #targetHandlers: ConnectionHandlers<ProxiedConnection> = {
    data: (server, bytes) => server.state.onData(server, bytes),
    close: (server) => this.#closed(server),
  };

  /** @internal */
  start(server: Server): void {
    this.#server = server;
    // Connections inherit it. Small pieces must not wait for an acknowledgement of the last one.
    if (server.address.family !== "unix")
      for (const socket of server.sockets) trySetsockopt(socket, TCP.NODELAY, true);
    const { health, idleTimeout } = this.#options;
    if (health !== Number.POSITIVE_INFINITY) {
      this.#healthTimer = this.#clock.setInterval(() => this.#check(), health).unref();
      this.#check();
    }
    if (idleTimeout !== Number.POSITIVE_INFINITY)
      this.#idleTimer = this.#clock
        .setInterval(() => this.#resetIdle(), Math.max(1, idleTimeout / 4))
        .unref();
  }

  /** Its listener, for `handOver()` and for options. */
  get listener(): Server {
    if (this.#server === undefined) throw new Error("the proxy is not listening yet");
    return this.#server;
  }

  /** The addresses it listens on. */
  get addresses(): readonly Address[] {
    return this.listener.addresses;
  }

  /** The first address. */
  get address(): Address {
    return this.listener.address;
  }

  /** The port of the first address; 0 if it has none. */
  get port(): number {
    return this.listener.port;
  }

  /** The targets, in the order given. */
  get targets(): readonly TargetStatus[] {
    return this.#balancer.targets.map((target) => {
      const its = [...this.#connections].filter((one) => one.target === target);
      return target.status(sum(its, "sent"), sum(its, "received"));
    });
  }

  /** The open connections. */
  get connections(): readonly ProxiedStatus[] {
    const now = this.#clock.now();
    return [...this.#connections].map((connection) => connection.status(now));
  }

  /** Counts since the start. */
  get stats(): ProxyStatistics {
    const open = [...this.#connections];
    return {
      accepted: this.#accepted,
      failed: this.#failed,
      retried: this.#retried,
      timedOut: this.#timedOut,
      sent: this.#sent + sum(open, "sent"),
      received: this.#received + sum(open, "received"),
    };
  }

  /** The faults that `setFaults()` set. */
  get faults(): Faults {
    return this.#faults;
  }

  /**
   * Replaces the faults, for open connections too: `setFaults({})` ends them all.
   */
  setFaults(faults: Faults): void {
    this.#faults = checkFaults(faults);
    for (const connection of [...this.#connections]) connection.setFaults(this.#faults);
  }

  /**
   * Replaces the targets, for new connections. Targets that stay keep their counts; connections to
   * removed targets stay open.
   */
  setTargets(to: ProxyTarget | readonly ProxyTarget[]): void {
    this.#balancer.replace(checkTargets(to));
    this.#check();
  }

  /** Keeps the process running while it listens, as it does by default. */
  ref(): this {
    this.listener.ref();
    return this;
  }

  /** Lets the process exit while it listens and no connection is open. */
  unref(): this {
    this.listener.unref();
    return this;
  }

  /**
   * Stops listening. `handOver(proxy.listener, child, { drain })` does it without refusing a
   * connection.
   *
   * @param options `drain`: how many milliseconds open connections may take to end; then the rest
   * are reset. Without it, they stay open, and are not waited for
   */
  async close(options: CloseOptions = {}): Promise<void> {
    this.#stop();
    await this.listener.close(options);
  }

  /** `close()`, at the end of an `await using` scope. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #stop(): void {
    this.#clock.clearInterval(this.#healthTimer);
    this.#balancer.stop();
  }

  #check(): void {
    const { health, connectTimeout } = this.#options;
    if (this.#server === undefined || this.#server.closed) {
      // Its sockets were handed over.
      this.#stop();
      return;
    }
    if (health === Number.POSITIVE_INFINITY) return;
    this.#balancer.check(Math.min(health, connectTimeout));
  }

  #opened(client: ProxySide): ProxiedConnection {
    this.#accepted++;
    const connection = new ProxiedConnection(client, this.#clock.now());
    client.pause();
    if (this.#faults.refuse === true) {
      this.#failed++;
      // After this handler has returned the connection's state.
      client.resetForPipe(new Error("reset by the proxy (fault: refuse)"));
      return connection;
    }
    if (this.#isFull) {
      this.#waiting.push(connection);
      return connection;
    }
    this.#begin(connection);
    return connection;
  }

  get #isFull(): boolean {
    return this.#connections.size >= this.#options.maxConnections;
  }

  #begin(connection: ProxiedConnection): void {
    this.#connections.add(connection);
    if (this.#isFull) this.#server?.pause();
    if (!this.#options.accept) {
      this.#connect(connection);
      return;
    }
    const { connectTimeout: timeout } = this.#options;
    if (timeout !== Number.POSITIVE_INFINITY) {
      const timer = this.#clock.setTimeout(() => {
        this.#fail(connection, timedOut("receiving a PROXY header", timeout));
      }, timeout);
      connection.attempt = { cancel: () => this.#clock.clearTimeout(timer) };
    }
    connection.client.resume();
  }

  /** Bytes of a client that are not forwarded: the header, or those of a connection with faults. */
  #onClientData(connection: ProxiedConnection, bytes: Uint8Array): void {
    if (connection.server !== undefined) {
      connection.onData(connection.client, bytes);
      return;
    }
    const { early } = connection;
    const all = early === undefined ? new Uint8Array(bytes) : Buffer.concat([early, bytes]);
    connection.early = all;
    const parsed = parseProxyHeader(all);
    if (parsed.kind === "incomplete" && all.length <= LONGEST_HEADER) return;
    connection.attempt?.cancel();
    connection.attempt = undefined;
    if (parsed.kind !== "header") {
      const reason = parsed.kind === "invalid" ? parsed.reason : "it is too long";
      this.#fail(connection, new Error(`the connection has no PROXY header: ${reason}`));
      return;
    }
    connection.client.pause();
    connection.source = parsed.header.source;
    connection.destination = parsed.header.destination;
    connection.early = all.subarray(parsed.length);
    this.#connect(connection);
  }

  #connect(connection: ProxiedConnection): void {
    const target = this.#balancer.choose(connection.tried);
    if (target === undefined) {
      this.#fail(connection, new Error("no target accepted the connection"));
      return;
    }
    target.connections++;
    connection.target = target;
    connection.attempt = target.connect(this.#deadlines, connection, this.#connected);
  }

  readonly #connected = (connection: ProxiedConnection, target: Target, outcome: Outcome): void => {
    connection.attempt = undefined;
    if (!outcome.ok) {
      target.connections--;
      connection.target = undefined;
      connection.tried ??= new Set();
      connection.tried.add(target);
      if (connection.tried.size < this.#balancer.targets.length) this.#retried++;
      this.#connect(connection);
      return;
    }
    if (connection.client.closed) {
      tryClose(outcome.socket);
      return;
    }
    target.total++;
    const server: ProxySide = new HandledConnection(
      this.#engine,
      outcome.socket.detach(),
      null,
      this.#targetHandlers,
    );
    server.state = connection;
    const { send } = this.#options;
    if (send !== undefined) server.write(this.#header(connection, send));
    connection.join(server, this.#faults);
  };

  #header({ client, source, destination }: ProxiedConnection, version: 1 | 2): Uint8Array {
    const from = carried(source ?? client.remoteAddress);
    const to = carried(destination ?? client.localAddress);
    return version === 1 ? encodeV1(from, to) : encodeV2(from, to);
  }

  #fail(connection: ProxiedConnection, error: Error): void {
    this.#failed++;
    connection.reset(error);
  }

  /** A client's connection, or one to a target. */
  #closed({ state: connection }: ProxySide): void {
    if (!connection.closed()) return;
    const { target } = connection;
    const { sent, received } = connection;
    this.#sent += sent;
    this.#received += received;
    if (target !== undefined) {
      target.connections--;
      target.sent += sent;
      target.received += received;
    }
    if (!this.#connections.delete(connection)) {
      const index = this.#waiting.indexOf(connection);
      if (index !== -1) this.#waiting.splice(index, 1);
      return;
    }
    if (this.#isFull) return;
    const next = this.#waiting.shift();
    if (next !== undefined) this.#begin(next);
    else if (this.#options.maxConnections !== Number.POSITIVE_INFINITY) this.#server?.resume();
  }

  #resetIdle(): void {
    const { idleTimeout } = this.#options;
    const now = this.#clock.now();
    for (const connection of [...this.#connections]) {
      const bytes = connection.sent + connection.received;
      if (bytes !== connection.seenBytes) {
        connection.seenBytes = bytes;
        connection.seenAt = now;
      } else if (now - connection.seenAt >= idleTimeout) {
        this.#timedOut++;
        connection.reset(timedOut("the connection", idleTimeout));
      }
    }
    if (this.#server?.closed === true && this.#connections.size === 0)
      this.#clock.clearInterval(this.#idleTimer);
  }
}

/** The address, if a header can carry it. */
function carried(address: Address): ProxiedAddress | undefined {
  const { family } = address;
  return family === "ipv4" || family === "ipv6" || family === "unix" ? address : undefined;
}

function sum(connections: readonly ProxiedConnection[], what: "sent" | "received"): number {
  return connections.reduce((all, connection) => all + connection[what], 0);
}
