// Runs a program on one implementation, and returns the outcome.
import { performance } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import { accept } from "../../src/posix/accept.ts";
import { tryClose } from "../../src/posix/close.ts";
import type { Socket } from "../../src/posix/owned-socket.ts";
import { Pattern } from "./bytes.ts";
import { Peer } from "./peer.ts";
import { type Action, asks, isDuplex, type Kind, type Program, type Setting, type Step } from "./program.ts";
import { connectedTo, newListener } from "./sockets.ts";
import { type Implementation, type Subject, Told } from "./subject.ts";

/** An ordinary subclass of Uint8Array, as a program may have. */
class Packet extends Uint8Array {
  // Not constructible by subarray() and the like: their three arguments are not passed on.
  constructor(size: number) {
    super(size);
  }
}

/**
 * The outcome of a program, the same for each implementation. Whatever the kernel leaves open is
 * "any".
 */
export interface Outcome {
  /** Bytes that the program lacks, of those that the peer's kernel has taken. */
  readonly lostFromPeer: number | "any";
  /** Bytes that the peer lacks. */
  readonly lostFromSubject: number | "any";
  readonly corrupt: boolean;
  /** Memory that the program had taken over has changed. */
  readonly keptChanged: boolean;
  readonly events: string;
  readonly failure: string;
  /** How the peer saw the connection end. */
  readonly ending: string;
  /** Awaited events that never came. */
  readonly stalled: string;
}

/** How long to wait for expected events. A correct program never waits that long. */
const PATIENCE = 4000;
const LEAST_TURNS = 4;
/** A view that waits to be sent holds a connection with handlers back beyond 64 KiB. */
const CONGESTED = 60_000;
/** The number of bytes that even the smallest send buffer accepts at once. */
const TAKEN_AT_ONCE = 1024;

const pattern = new Pattern(11);

export async function run(program: Program, implementation: Implementation): Promise<Outcome> {
  const { setting } = program;
  const told = new Told();
  const listener = newListener(setting.role === "accepted" ? setting : peerSetting(setting));
  // The peer's actions before the connection is accepted wait in the kernel: all at once, followed
  // by the end. What the program does with them is decided by then, too: uring delivers them in the
  // turn of the accept.
  const early = setting.role === "accepted" && setting.early ? earlySteps(program.steps) : [];
  const { subject, peer } =
    setting.role === "accepted"
      ? await accepted(setting, implementation, { listener, told, early })
      : await connected(setting, implementation, listener, told);
  const execution = new Execution(setting, subject, peer);
  try {
    for (const step of program.steps.slice(early.length)) await execution.step(step);
    await execution.finish();
    return execution.outcome();
  } finally {
    peer.close();
    if (!told.closed) subject.reset();
  }
}

/** The peer's steps that come first, and the program's uses between them. */
function earlySteps(steps: readonly Step[]): readonly Step[] {
  const first = steps.findIndex(({ action }) => !action.do.startsWith("peer") && action.do !== "use");
  return first < 0 ? steps : steps.slice(0, first);
}

interface Waiting {
  readonly listener: Socket;
  readonly told: Told;
  readonly early: readonly Step[];
}

async function accepted(
  setting: Setting,
  implementation: Implementation,
  { listener, told, early }: Waiting,
) {
  const peer = peerOf(connectedTo(listener, peerSetting(setting)), setting, told);
  for (const { action } of early) {
    if (action.do === "use") told.use = action.use;
    else actAsPeer(peer, action);
  }
  return { peer, subject: await implementation.accept(listener, setting, told) };
}

async function connected(setting: Setting, implementation: Implementation, listener: Socket, told: Told) {
  const subject = await implementation.connect(listener, setting, told);
  const { socket } = accept(listener);
  tryClose(listener);
  return { peer: peerOf(socket, setting, told), subject };
}

const peerSetting = (setting: Setting): Setting => ({ ...setting, buffers: setting.peerBuffers });

function peerOf(socket: Socket, { transport }: Setting, told: Told): Peer {
  return new Peer(socket, transport === "tcp", told.fromPeer, told.toPeer);
}

/** Performs an action of the peer's; returns false for one of the program's. */
function actAsPeer(peer: Peer, action: Action): boolean {
  switch (action.do) {
    case "peer sends":
      peer.send(action.size);
      return true;
    case "peer passes a descriptor":
      peer.passDescriptor();
      return true;
    case "peer ends":
      peer.end();
      return true;
    case "peer closes":
      peer.close();
      return true;
    case "peer resets":
      peer.reset();
      return true;
    case "peer stops reading":
      peer.reading = false;
      return true;
    case "peer reads":
      peer.reading = true;
      return true;
    default:
      return false;
  }
}

class Execution {
  readonly #setting: Setting;
  readonly #subject: Subject;
  readonly #peer: Peer;
  #ended = false;
  /** The program has closed, reset or destroyed it. */
  #left = false;
  /** Whether our reset may drop data that the peer has not read. */
  #mayLose = false;
  /** Whether the peer may get a reset instead of the end, because of unread bytes. */
  #endingOpen = false;
  #stalled: string | undefined;

  constructor(setting: Setting, subject: Subject, peer: Peer) {
    this.#setting = setting;
    this.#subject = subject;
    this.#peer = peer;
    subject.told.maySend = () => this.#maySend;
  }

  async step({ action, settles }: Step): Promise<void> {
    if (this.#stalled !== undefined) return;
    this.#do(action);
    if (settles) await this.#settle();
  }

  /** Ends everything still open, gracefully. */
  async finish(): Promise<void> {
    if (this.#stalled !== undefined) return;
    const { told } = this.#subject;
    if (told.use === "pause") told.use = "drop";
    this.#do({ do: "peer reads" });
    this.#do({ do: "resume" });
    await this.#settle();
    this.#do({ do: "peer ends" });
    await this.#settle();
    this.#do({ do: "end" });
    await this.#settle();
  }

  get #maySend(): boolean {
    const { told } = this.#subject;
    // Without allowHalfOpen, the end of what it reads ends what it writes.
    if (isDuplex(this.#setting) && told.ended) return false;
    return !this.#left && !this.#ended && told.failure === undefined && !this.#isClosed;
  }

  get #isClosed(): boolean {
    return this.#subject.told.closed;
  }

  #do(action: Action) {
    const subject = this.#subject;
    if (this.#left && (action.do === "peer sends" || action.do === "peer passes a descriptor"))
      this.#endingOpen = true;
    if (actAsPeer(this.#peer, action)) return;
    switch (action.do) {
      case "use":
        subject.told.use = action.use;
        return;
      case "pause":
        return this.#pause();
      case "resume":
        subject.told.reading = true;
        return subject.resume();
      case "write":
        return this.#write(action.size, action.kind);
      case "end":
        if (!this.#maySend) return;
        this.#ended = true;
        return subject.end();
      case "close":
      case "reset":
      case "destroy":
        return this.#endBy(action.do);
    }
  }

  #pause() {
    this.#subject.told.reading = false;
    this.#subject.pause();
  }

  #write(size: number, kind: Kind) {
    if (!this.#maySend) return;
    const sent = this.#peer.fromSubject;
    const bytes = pattern.slice(sent.length, size);
    sent.add(bytes);
    this.#subject.write(asKind(bytes, kind));
  }

  #endBy(how: "close" | "reset" | "destroy") {
    if (this.#left || this.#isClosed) return;
    const { told } = this.#subject;
    const { fromSubject } = this.#peer;
    const unread = told.fromPeer.received < told.fromPeer.length || !this.#peer.idle;
    const waiting = fromSubject.length - fromSubject.received;
    if (unread) this.#endingOpen = true;
    if (how === "reset") this.#mayLose = true;
    if (how === "destroy" && waiting > TAKEN_AT_ONCE) this.#mayLose = this.#endingOpen = true;
    if (how === "reset" && waiting > 0) this.#endingOpen = true;
    this.#left = true;
    this.#subject[how]();
  }

  /** Waits until everything has happened that must. */
  async #settle() {
    let began = performance.now();
    let progress = this.#received;
    for (let turn = 0; ; turn++) {
      this.#peer.pump();
      // Much data through small buffers takes long, but progresses.
      if (this.#received !== progress) {
        progress = this.#received;
        began = performance.now();
      }
      const missing = this.#missing();
      // Effects of an action, such as the operation that pause() cancels, take a few turns that
      // cannot be observed.
      if (missing === undefined && turn >= LEAST_TURNS) break;
      if (missing !== undefined && turn > 200 && performance.now() - began > PATIENCE) {
        this.#stalled = missing;
        return;
      }
      // The event loop must sleep in some turns, and be woken.
      if (turn % 8 === 7) await setTimeout(1);
      else await new Promise((resolve) => setImmediate(resolve));
    }
  }

  get #received(): number {
    return this.#subject.told.fromPeer.received + this.#peer.fromSubject.received;
  }

  /** Events that must still happen before any others. */
  #missing(): string | undefined {
    const { told } = this.#subject;
    const peer = this.#peer;
    const { fromSubject } = peer;
    if (told.closed || told.failure !== undefined || this.#left) {
      // A failed write() reports immediately; received data must be read before the connection is
      // closed.
      if (!this.#left && !told.reading && asks(this.#setting)) return undefined;
      if (!told.closed && (peer.reading || !peer.open)) return "closed";
      if (told.closed && peer.open && peer.reading && peer.ending === undefined) return "peer's end";
      return undefined;
    }
    if (peer.open && peer.reading && fromSubject.received < fromSubject.length) return "bytes at the peer";
    if (peer.open && peer.reading && this.#ended && peer.ending === undefined) return "peer's end";
    // Sending reveals that a peer is gone, once the system's buffer has space again.
    const waits = peer.open && fromSubject.length - fromSubject.received > CONGESTED;
    const held = this.#setting.face === "handlers" && waits;
    if (!told.reading || held) return undefined;
    if (!peer.idle || told.fromPeer.received < told.fromPeer.length) {
      if (!peer.mayLose) return "bytes from the peer";
    }
    // Before it is accepted, the kernel may report a reset as the end (SOCK_DONE in
    // tcp_recvmsg_locked).
    if (peer.wasReset && !told.ended) return "failure";
    if (peer.sendingEnded && !told.ended) return "end";
    if (told.ended && (this.#ended || this.#endsByItself) && (!peer.open || peer.reading)) return "closed";
    return undefined;
  }

  /** A net.Socket ends its side once the peer has (allowHalfOpen is false). */
  get #endsByItself(): boolean {
    return isDuplex(this.#setting);
  }

  outcome(): Outcome {
    const { told } = this.#subject;
    const peer = this.#peer;
    const { fromPeer } = told;
    const { fromSubject } = peer;
    const openEnd = this.#endingOpen || this.#mayLose;
    return {
      lostFromPeer: this.#left || peer.mayLose ? "any" : fromPeer.length - fromPeer.received,
      lostFromSubject: openEnd || !peer.open ? "any" : fromSubject.length - fromSubject.received,
      corrupt: fromPeer.corrupt || fromSubject.corrupt,
      keptChanged: told.keptChanged,
      events: this.#left || peer.mayLose ? "any" : told.events.join(" "),
      failure: this.#left ? "any" : (told.failure ?? "none"),
      ending: this.#endingOpen || !peer.open ? "any" : (peer.ending ?? "none"),
      stalled: this.#stalled ?? "no",
    };
  }
}

function asKind(bytes: Uint8Array<ArrayBuffer>, kind: Kind): Uint8Array {
  if (kind === "plain") return bytes;
  if (kind === "buffer") return Buffer.from(bytes);
  if (kind === "offset") {
    const larger = new Uint8Array(bytes.length + 100);
    larger.set(bytes, 77);
    return larger.subarray(77, 77 + bytes.length);
  }
  const packet = new Packet(bytes.length);
  packet.set(bytes);
  return packet;
}
