// Runs a script against a host, event by event.
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { tcpInfo } from "../../src/options/structures/tcp-info.ts";
import { buildPacket } from "./build-packet.ts";
import { type CallContext, callMismatch, OPENS, scriptFd, toRawCall } from "./calls.ts";
import { type Connection, UnknownTimestamp } from "./connection.ts";
import type { RawCall, RawResult } from "./host-calls.ts";
import { OutboundPackets, type Received } from "./outbound-packets.ts";
import { packetText } from "./packet-text.ts";
import { pattern } from "./pattern.ts";
import { PythonError, runPython, type Scope } from "./python.ts";
import { rawCall } from "./raw-calls.ts";
import type { Code, EventTime, PacketAction, Script, ScriptEvent, SystemCall } from "./script.ts";
import { shellActions } from "./shell.ts";
import { Sockets } from "./sockets.ts";
import { pythonSymbols, symbol } from "./symbols.ts";
import { type PendingCall, type Settings, type Target, Unsupported } from "./target.ts";
import { Timing, timingText } from "./timing.ts";
import { ScriptError } from "./tokens.ts";
import { ArgumentError, numberOf, portOf } from "./values.ts";
import { encodePacket, MalformedPacket } from "./wire.ts";

/** Runs a script. Throws a ScriptError for the first event that does not go as written. */
export function runScript(script: Script, settings: Settings, target: Target): void {
  new Interpreter(script, settings, target).run();
}

/** A call that blocks, until it has returned and was compared. */
interface Blocked {
  readonly event: ScriptEvent;
  readonly call: SystemCall;
  readonly raw: RawCall;
  readonly pending: PendingCall;
  readonly returnsAt: number;
}

class Interpreter implements CallContext {
  readonly system: CallContext["system"];
  readonly family: number;
  readonly localAddress: string;
  readonly remoteAddress: string;
  readonly bindPort: number;
  readonly connectPort: number;
  readonly #script: Script;
  readonly #settings: Settings;
  readonly #target: Target;
  readonly #sockets: Sockets;
  readonly #outbound: OutboundPackets;
  readonly #timing: Timing;
  readonly #scope: Scope = new Map(pythonSymbols);
  #blocked: Blocked | undefined;

  constructor(script: Script, settings: Settings, target: Target) {
    this.#script = script;
    this.#settings = settings;
    this.#target = target;
    this.system = target.calls.system;
    const { family, localAddress, remoteAddress, bindPort, connectPort, version } = settings;
    const mapped = family !== 2 && version === 4 ? "::ffff:" : "";
    this.family = family;
    this.localAddress = mapped + localAddress;
    this.remoteAddress = mapped + remoteAddress;
    this.bindPort = bindPort;
    this.connectPort = connectPort;
    this.#sockets = new Sockets(settings);
    this.#outbound = new OutboundPackets(target, this.#sockets, settings);
    this.#timing = new Timing(settings);
  }

  run(): void {
    try {
      this.#run();
    } finally {
      for (const fd of this.#sockets.liveFds()) {
        // It wakes a call of a script that failed meanwhile.
        this.system.shutdown(fd, this.system.constants.SHUT.RDWR);
        this.system.close(fd);
      }
    }
  }

  #run(): void {
    const { setUp, events, cleanUp } = this.#script;
    if (setUp !== undefined) this.#at(setUp.line, () => this.#shell(setUp.text));
    this.#target.start();
    for (const event of events) this.#at(event.line, () => this.#event(event));
    this.#finishBlocked();
    if (cleanUp !== undefined) this.#at(cleanUp.line, () => this.#shell(cleanUp.text));
  }

  /** Adds the line to errors about the script. */
  #at(line: number, run: () => void): void {
    try {
      run();
    } catch (error) {
      const expected =
        error instanceof ArgumentError ||
        error instanceof PythonError ||
        error instanceof UnknownTimestamp ||
        error instanceof MalformedPacket;
      if (!expected) throw error;
      throw new ScriptError(line, error.message);
    }
  }

  #event(event: ScriptEvent): void {
    const { action, line } = event;
    const anchored = action.kind === "packet" && action.direction === "in";
    const due = this.#timing.due(event.time, this.#target.now(), anchored);
    if (action.kind === "packet" && action.direction === "out") {
      this.#expect(action, due, event);
    } else {
      this.#target.sleepUntil(due.from);
      const now = this.#target.now();
      if (!this.#timing.matches(due, now)) {
        throw new ScriptError(
          line,
          `the event began too late: ${timingText(due, now, this.#timing.tolerance(due))}`,
        );
      }
      if (action.kind === "packet") this.#inject(action, line);
      else if (action.kind === "call") this.#call(action, event, due);
      else if (action.kind === "shell") this.#shell(action.text);
      else this.#code(action);
    }
    this.#target.eventEnded();
    this.#timing.passed(due, anchored);
  }

  #inject(packet: PacketAction, line: number): void {
    const connection = this.#sockets.ofScript(packet);
    if (connection === undefined) throw new ScriptError(line, "the script has no socket for this packet");
    this.#target.inject(encodePacket(buildPacket(packet, connection, this.#settings)));
  }

  #expect(packet: PacketAction, due: ReturnType<Timing["due"]>, { line, time }: ScriptEvent): void {
    const connection = this.#sockets.ofScript(packet);
    if (connection === undefined) throw new ScriptError(line, "the script has no socket for this packet");
    const elapsed = due.from - this.#timing.started;
    const received = this.#outbound.expect(
      packet,
      connection,
      this.#timing.deadline(due),
      this.#timing.tolerance(due, elapsed),
    );
    const show = (text: string, at: number | undefined) =>
      `${at === undefined ? "        " : (at / 1_000_000).toFixed(6)} > ${text}`;
    const expected = `\n  expected ${show(expectedText(packet), time.kind === "any" ? undefined : due.from)}`;
    if (received === undefined) throw new ScriptError(line, `the host sent no packet${expected}`);
    const { differs, at } = received;
    const actual = `\n  actual   ${show(packetText(received.packet), at)}`;
    if (differs.length > 0) throw new ScriptError(line, `${differs.join(", ")}${expected}${actual}`);
    if (!this.#timing.matches(due, at)) {
      const text = timingText(due, at, this.#timing.tolerance(due));
      throw new ScriptError(line, `the packet came at the wrong time: ${text}${expected}${actual}`);
    }
    this.#stateAfter(received, connection);
  }

  #stateAfter({ packet }: Received, connection: Connection): void {
    if (packet.content.protocol === "tcp" && connection.state === "syn received")
      connection.state = "established";
  }

  #call(call: SystemCall, event: ScriptEvent, due: ReturnType<Timing["due"]>): void {
    this.#finishBlocked();
    const raw = toRawCall(call, this);
    this.#before(call, raw);
    if (call.returnsAt === undefined) {
      this.#after(call, raw, rawCall(this.#target.calls, raw));
      return;
    }
    const returnsAt = event.time.kind === "relative" ? due.base + call.returnsAt : call.returnsAt;
    this.#blocked = { event, call, raw, pending: this.#target.begin(raw), returnsAt };
  }

  /** Waits for the call that blocks, if there is one, and compares its result and its time. */
  #finishBlocked(): void {
    const blocked = this.#blocked;
    if (blocked === undefined) return;
    this.#blocked = undefined;
    const { call, raw, returnsAt, event } = blocked;
    const due = { from: returnsAt, to: undefined, base: 0, any: false };
    const ended = blocked.pending.wait(this.#timing.deadline(due));
    if (ended === undefined) throw new ScriptError(event.line, `${call.name}() still blocks`);
    this.#at(event.line, () => this.#after(call, raw, ended.result));
    if (!this.#timing.matches(due, ended.at)) {
      const text = timingText(due, ended.at, this.#timing.tolerance(due));
      throw new ScriptError(event.line, `${call.name}() returned at the wrong time: ${text}`);
    }
  }

  /** What a call changes in the script's view of its sockets before it is made. */
  #before(call: SystemCall, raw: RawCall): void {
    if (raw.name === "connect") this.#sockets.connecting(scriptFd(call), portOf(raw.address));
  }

  #after(call: SystemCall, raw: RawCall, result: RawResult): void {
    const wrong = callMismatch(call, result, this);
    if (wrong !== undefined) throw new ArgumentError(wrong);
    const { returned } = result;
    if (returned < 0) return;
    if (OPENS.has(call.name)) this.#opened(call, raw, result);
    else if (raw.name === "bind") this.#sockets.bound(scriptFd(call), portOf(raw.address));
    else if (raw.name === "listen") this.#sockets.listening(scriptFd(call));
    else if (raw.name === "close") this.#sockets.closed(scriptFd(call));
    else if (raw.name === "send") {
      const connection = this.connectionOf(scriptFd(call));
      if (connection !== undefined) connection.written += returned;
    } else if (raw.name === "receive" || raw.name === "recvmsg") {
      this.#received(scriptFd(call), raw.flags, result);
    }
  }

  #opened(call: SystemCall, raw: RawCall, { returned, address }: RawResult): void {
    const fd = numberOf(call.result, "the result");
    if (raw.name === "accept") {
      this.#sockets.accepted(fd, returned, scriptFd(call), portOf(address ?? new Uint8Array()));
    } else if (raw.name === "socket") {
      const protocol =
        raw.type === symbol("SOCK_STREAM") ? "tcp" : raw.type === symbol("SOCK_RAW") ? "icmp" : "udp";
      this.#sockets.opened(fd, returned, protocol);
    } else this.#sockets.opened(fd, returned, undefined);
  }

  /** Received data is what the script's packets contain: the pattern, in order. */
  #received(fd: number, flags: number, { returned, bytes }: RawResult): void {
    const connection = this.connectionOf(fd);
    const flag = (name: string) => (flags & (symbol(name) ?? 0)) !== 0;
    if (connection?.protocol !== "tcp" || bytes === undefined || flag("MSG_ERRQUEUE") || flag("MSG_OOB"))
      return;
    const wanted = pattern(connection.read, bytes.length);
    const at =
      flag("MSG_TRUNC") || !connection.readsPattern ? -1 : bytes.findIndex((byte, i) => byte !== wanted[i]);
    if (at !== -1) throw new ArgumentError(`byte ${connection.read + at} of the stream is not what was sent`);
    if (!flag("MSG_PEEK")) connection.read += returned;
  }

  #shell(text: string): void {
    const folder = dirname(resolve(this.#script.path));
    const readFile = (path: string) => {
      try {
        return readFileSync(resolve(folder, path), "utf8");
      } catch {
        return undefined;
      }
    };
    for (const action of shellActions(text, readFile)) {
      if (action.kind === "sysctl") this.#target.sysctl(action.name, action.value);
      else this.#target.command(action.text, folder);
    }
  }

  #code({ text }: Code): void {
    const fd = this.#sockets.current?.fd;
    if (fd !== undefined) this.#readTcpInfo(this.liveFd(fd));
    runPython(text, this.#scope);
  }

  #readTcpInfo(fd: number): void {
    const { option } = this.system;
    const { level, number } = this.system.options.TCP_INFO ?? { level: 6, number: 11 };
    option.length = tcpInfo.size;
    const returned = this.system.getsockopt(fd, level, number, option);
    if (returned < 0) throw new ArgumentError(`TCP_INFO is not available: errno ${-returned}`);
    for (const [field, value] of Object.entries(tcpInfo.decode(option, this.system))) {
      if (value !== undefined) this.#scope.set(`tcpi_${field}`, Number(value));
    }
  }

  liveFd(fd: number): number {
    const live = this.#sockets.liveFd(fd);
    if (live === undefined) throw new ArgumentError(`the script has no descriptor ${fd}`);
    return live;
  }

  connectionOf(fd: number): Connection | undefined {
    return this.#sockets.connectionOf(fd);
  }

  isTime(realtime: bigint, scriptMicroseconds: number): boolean {
    return Math.abs(this.#target.timeOf(realtime) - scriptMicroseconds) <= this.#settings.tolerance;
  }
}

/** The script's packet, as it is compared: without a window if it gives none. */
function expectedText({ content }: PacketAction): string {
  if (content.protocol === "udp") return `udp (${content.length})`;
  if (content.protocol === "icmp") return `icmp ${content.type} ${content.code ?? ""}`.trimEnd();
  const { options, window, ace: _, length, ...rest } = content;
  const data = new Uint8Array(length);
  const ports = { sourcePort: 0, destinationPort: 0 };
  const text = packetText({
    content: { ...rest, ...ports, window: window ?? 0, options: options === "any" ? [] : options, data },
  });
  return window === undefined ? text.replace(" win 0", "") : text;
}

export type { EventTime };
export { Unsupported };
