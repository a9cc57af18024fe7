import type { AddressInput } from "../../address/address.ts";
import { isIPv6 } from "../../address/is-ip.ts";
import { type ReadAddress, readAddress } from "../../address/sockaddr.ts";
import type { Clock } from "../../clock/clock.ts";
import type { Engine } from "../../engine/engine.ts";
import { TCP } from "../../options/tcp.ts";
import { tryClose } from "../../posix/close.ts";
import type { System } from "../../system/system.ts";
import { timedOut } from "../abort.ts";
import { type AttemptSettings, ConnectAttempt, type Outcome } from "../connection/connect-attempt.ts";
import { connectToFirst } from "../happy-eyeballs.ts";
import { ipAddress } from "../open.ts";
import type { AnyOptionValues } from "../options/listen-options.ts";
import { addressesToTry, isName } from "../resolve.ts";
import type { Deadline, Deadlines } from "./deadlines.ts";
import type { CheckedTarget } from "./proxy-options.ts";

/** The state of a target of a proxy. */
export interface TargetStatus {
  /** `127.0.0.1:3000`, `[::1]:3000`, `localhost:3000`, or a path. */
  readonly name: string;
  /** Whether the last check or connection succeeded. */
  readonly up: boolean;
  /** The message of the last failure, while it is down; null otherwise. */
  readonly error: string | null;
  /** Open connections. */
  readonly connections: number;
  /** Connections since the start. */
  readonly total: number;
  /** Connections and checks that failed. */
  readonly failures: number;
  /** Bytes to the target. */
  readonly sent: number;
  /** Bytes from the target. */
  readonly received: number;
}

/** An attempt that can be cancelled: then `done` is not called. */
export interface Attempt {
  cancel(): void;
}

type Done<Whose> = (whose: Whose, target: Target, outcome: Outcome) => void;

/** An attempt with a time limit. */
class TargetAttempt<Whose> implements Attempt, Deadline {
  due = 0;
  previous: Deadline | undefined = undefined;
  next: Deadline | undefined = undefined;
  readonly #target: Target;
  readonly #deadlines: Deadlines;
  readonly #whose: Whose;
  readonly #done: Done<Whose>;
  readonly #attempt: Attempt;

  constructor(target: Target, deadlines: Deadlines, whose: Whose, done: Done<Whose>) {
    this.#target = target;
    this.#deadlines = deadlines;
    this.#whose = whose;
    this.#done = done;
    this.#attempt = target.begin((outcome) => this.#ended(outcome));
    deadlines.add(this);
  }

  cancel(): void {
    this.#deadlines.remove(this);
    this.#attempt.cancel();
  }

  onDue(): void {
    this.#attempt.cancel();
    const error = timedOut(`connecting to ${this.#target.name}`, this.#deadlines.milliseconds);
    this.#ended({ ok: false, error });
  }

  #ended(outcome: Outcome): void {
    this.#deadlines.remove(this);
    this.#target.note(outcome);
    this.#done(this.#whose, this.#target, outcome);
  }
}

/** A server that a proxy connects to. */
export class Target {
  readonly name: string;
  readonly #target: CheckedTarget;
  /** The only address it stands for; undefined for a name. */
  readonly #address: AddressInput | undefined;
  readonly #settings: AttemptSettings;
  readonly #clock: Clock;
  #error: string | null = null;
  #check: Attempt | undefined;
  connections = 0;
  total = 0;
  failures = 0;
  sent = 0;
  received = 0;

  constructor(engine: Engine, target: CheckedTarget) {
    this.#target = target;
    this.#address = addressOf(target);
    this.#clock = engine.system.clock;
    this.name = nameOf(target);
    const { endpoint } = target;
    const isUnix = endpoint.kind === "address" && endpoint.address.family === "unix";
    // Small pieces must not wait for an acknowledgement of the last one.
    const own: AnyOptionValues = isUnix ? [] : [[TCP.NODELAY, true]];
    const { localAddress = undefined, localPort = 0 } = endpoint.kind === "port" ? endpoint : {};
    const options = [...own, ...target.options];
    const sockaddr = this.#address && sockaddrOf(this.#address, engine.system);
    // Connecting to a name returns a promise for the socket.
    const kind = this.#address && { isTcp: undefined };
    this.#settings = { engine, options, localAddress, localPort, sockaddr, kind };
  }

  get up(): boolean {
    return this.#error === null;
  }

  status(sent: number, received: number): TargetStatus {
    const { name, up, connections, total, failures } = this;
    return {
      name,
      up,
      error: this.#error,
      connections,
      total,
      failures,
      sent: this.sent + sent,
      received: this.received + received,
    };
  }

  /** Connects; `done` is called once, later, and passed `whose`, the target and the outcome. */
  connect<Whose>(deadlines: Deadlines, whose: Whose, done: Done<Whose>): Attempt {
    return new TargetAttempt(this, deadlines, whose, done);
  }

  /** Connects and closes, unless the last check is still under way. */
  check(timeout: number): void {
    if (this.#check !== undefined) return;
    const timer = this.#clock
      .setTimeout(() => {
        this.stop();
        this.note({ ok: false, error: timedOut(`connecting to ${this.name}`, timeout) });
      }, timeout)
      .unref();
    const attempt = this.begin((outcome) => {
      this.stop();
      this.note(outcome);
      if (outcome.ok) tryClose(outcome.socket);
    });
    this.#check = {
      cancel: () => {
        this.#clock.clearTimeout(timer);
        attempt.cancel();
      },
    };
  }

  /** Ends the check that is under way. */
  stop(): void {
    const check = this.#check;
    this.#check = undefined;
    check?.cancel();
  }

  note(outcome: Outcome): void {
    if (outcome.ok) {
      this.#error = null;
      return;
    }
    this.failures++;
    this.#error = outcome.error instanceof Error ? outcome.error.message : String(outcome.error);
  }

  /** `done` is called once, later, unless the attempt is cancelled. */
  begin(done: (outcome: Outcome) => void): Attempt {
    const settings = this.#settings;
    if (this.#address !== undefined) return new ConnectAttempt(this.#address, settings, done);
    const { endpoint } = this.#target;
    const abort = new AbortController();
    const name = endpoint.kind === "port" ? endpoint.host : undefined;
    connectToFirst(addressesToTry(settings.engine.system, endpoint), settings, abort, name).then(
      (socket) => {
        if (abort.signal.aborted) tryClose(socket);
        else done({ ok: true, socket });
      },
      (error: unknown) => {
        if (!abort.signal.aborted) done({ ok: false, error });
      },
    );
    return { cancel: () => abort.abort() };
  }
}

/** The only address it stands for; undefined for a name. */
function addressOf({ endpoint }: CheckedTarget): AddressInput | undefined {
  if (endpoint.kind === "address") return endpoint.address;
  return isName(endpoint.host) ? undefined : ipAddress(endpoint.host, endpoint.port);
}

/** Undefined for an address with a zone, whose interface may get another index. */
function sockaddrOf(address: AddressInput, system: System): ReadAddress | undefined {
  const hasZone = "address" in address && String(address.address).includes("%");
  return hasZone ? undefined : readAddress(address, system);
}

function nameOf({ endpoint }: CheckedTarget): string {
  if (endpoint.kind === "port") return withPort(endpoint.host, endpoint.port);
  const { address } = endpoint;
  if ("path" in address) {
    const path = Buffer.from(address.path).toString();
    return path.startsWith("\0") ? `@${path.slice(1)}` : path;
  }
  const isIp = "port" in address && "address" in address;
  return isIp ? withPort(String(address.address), address.port) : String(address.family);
}

const withPort = (host: string, port: number) => (isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`);
