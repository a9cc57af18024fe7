import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { defined } from "../../../src/invariant.ts";
import { openLibraryOn } from "../../../src/native/library.ts";
import { linux } from "../../../src/system/linux/linux.ts";
import type { HostCalls, RawCall } from "../host-calls.ts";
import { type CapturedPacket, type PendingCall, type Settings, type Target, Unsupported } from "../target.ts";
import { BlockingThread } from "./blocking-thread.ts";
import { kernelCalls } from "./kernel-calls.ts";
import { enterNewNetworkNamespace } from "./namespace.ts";
import { Sniffer } from "./sniffer.ts";
import { TunDevice } from "./tun.ts";

const clockGettime = openLibraryOn(["linux"], null).func<(clock: number, time: Uint8Array) => number>(
  "clock_gettime",
  "int",
  ["int", "void*"],
);
const CLOCK_REALTIME = 0;
const DEVICE = "tun0";
/** The last bit of a wait is spent awake, because a sleeper wakes up late. */
const AWAKE = 1_000;

/** The kernel of a new network namespace, whose address, route and settings are the script's. */
export class KernelTarget implements Target {
  readonly name = "kernel";
  readonly calls: HostCalls = {
    ...kernelCalls,
    system: { ...linux, socket: (...args) => this.#socket(...args) },
  };
  readonly checks = "ip header";
  readonly #tun: TunDevice;
  readonly #sniffer: Sniffer;
  readonly #thread: BlockingThread | undefined;
  readonly #time = new Uint8Array(16);
  readonly #timeView = new DataView(this.#time.buffer);
  readonly #sleeper = new Int32Array(new SharedArrayBuffer(4));
  #start = 0n;
  #congestionControl = "cubic";

  /** `blocks` starts a thread for calls that block. */
  static async open(settings: Settings, blocks: boolean): Promise<KernelTarget> {
    enterNewNetworkNamespace();
    return new KernelTarget(settings, blocks ? await BlockingThread.start() : undefined);
  }

  private constructor(settings: Settings, thread: BlockingThread | undefined) {
    this.#thread = thread;
    this.#tun = new TunDevice(DEVICE, { segments: true });
    configure(settings);
    this.#sniffer = new Sniffer(DEVICE);
  }

  /**
   * Sets the congestion control of each socket: only the first network namespace may make any of
   * them its default (tcp_set_default_congestion_control()), and its own may be another than
   * Linux's.
   */
  #socket(domain: number, type: number, protocol: number, flags: number): number {
    const fd = linux.socket(domain, type, protocol, flags);
    if (fd < 0 || protocol !== linux.constants.IPPROTO.TCP) return fd;
    const { level, number } = defined(linux.options.TCP_CONGESTION, "Linux has TCP_CONGESTION");
    const name = new TextEncoder().encode(this.#congestionControl);
    linux.option.bytes.set(name);
    linux.option.length = name.length;
    const set = linux.setsockopt(fd, level, number, linux.option);
    if (set < 0) throw new Unsupported(`this kernel has no congestion control ${this.#congestionControl}`);
    return fd;
  }

  #realtime(): bigint {
    clockGettime(CLOCK_REALTIME, this.#time);
    return this.#timeView.getBigInt64(0, true) * 1_000_000_000n + this.#timeView.getBigInt64(8, true);
  }

  start(): void {
    while (this.#sniffer.next() !== undefined) this.#drain();
    this.#start = this.#realtime();
  }

  now(): number {
    return this.timeOf(this.#realtime());
  }

  timeOf(realtime: bigint): number {
    return Number(realtime - this.#start) / 1000;
  }

  sleepUntil(time: number): void {
    for (let left = time - this.now(); left > 0; left = time - this.now()) {
      if (left > AWAKE) Atomics.wait(this.#sleeper, 0, 0, (left - AWAKE) / 1000);
    }
  }

  eventEnded(): void {}

  inject(packet: Uint8Array): void {
    this.#tun.write(packet);
  }

  receive(until: number): CapturedPacket | undefined {
    for (;;) {
      const packet = this.#sniffer.next();
      this.#drain();
      if (packet !== undefined) return { bytes: packet.bytes, at: this.timeOf(packet.at) };
      const left = until - this.now();
      if (left <= 0) return undefined;
      this.#sniffer.wait(Math.max(1, Math.floor(left / 1000)));
    }
  }

  /** A full queue of the device would stop the kernel. */
  #drain(): void {
    while (this.#tun.read() !== undefined);
  }

  begin(call: RawCall): PendingCall {
    if (this.#thread === undefined) throw new Error("no thread was started for calls that block");
    const pending = this.#thread.begin(call);
    return {
      wait: (until) => {
        const ended = pending.wait(Math.max(0, (until - this.now()) / 1000));
        return ended && { result: ended.result, at: this.timeOf(ended.at) };
      },
    };
  }

  sysctl(name: string, value: string): void {
    if (name === "net.ipv4.tcp_congestion_control") {
      this.#congestionControl = value;
      return;
    }
    const path = `/proc/sys/${name.replaceAll(".", "/")}`;
    if (!existsSync(path)) throw new Unsupported(`this kernel has no sysctl ${name}`);
    try {
      writeFileSync(path, value);
    } catch (error) {
      throw new Error(`cannot set ${name} to ${value}`, { cause: error });
    }
    // Ranges and lists are compared by their numbers: the kernel separates them with tabs.
    const now = readFileSync(path, "utf8").trim().replace(/\s+/g, " ");
    if (now !== value && Number(now) !== Number(value))
      throw new Error(`${name} is ${now} instead of ${value}`);
  }

  command(text: string, folder: string): void {
    // The device has its queue already.
    run(["sh", "-c", text.replace(/^tc qdisc add/, "tc qdisc replace")], folder, true);
  }

  close(): void {
    this.#thread?.close();
    this.#sniffer.close();
    this.#tun.close();
  }
}

function configure(settings: Settings): void {
  const { version, localAddress, localPrefix, remoteAddress, remotePrefix, gateway, mtu } = settings;
  const ip = (command: string) => run(["ip", `-${version}`, ...command.split(" ")]);
  writeFileSync(`/proc/sys/net/ipv6/conf/${DEVICE}/accept_dad`, "0");
  ip("link set lo up");
  ip(`link set ${DEVICE} mtu ${mtu} up`);
  ip(`address add ${localAddress}/${localPrefix} dev ${DEVICE}${version === 6 ? " nodad" : ""}`);
  const network = version === 4 ? networkOf(remoteAddress, remotePrefix) : `${remoteAddress}/128`;
  ip(`route replace ${network} via ${gateway} dev ${DEVICE}`);
  // A queue that paces (fq, which may be the default) would delay what the scripts time.
  spawnSync("tc", ["qdisc", "replace", "dev", DEVICE, "root", "pfifo"]);
}

function networkOf(address: string, prefix: number): string {
  const bytes = address.split(".").map(Number);
  const masked = bytes.map(
    (byte, index) => byte & (0xff << Math.max(0, 8 - Math.max(0, prefix - index * 8))),
  );
  return `${masked.map((byte) => byte & 0xff).join(".")}/${prefix}`;
}

function run(command: readonly string[], folder?: string, optional = false): void {
  const [program = "", ...args] = command;
  const { status, stderr, error } = spawnSync(program, args, { encoding: "utf8", cwd: folder });
  if (status !== 0 && optional)
    throw new Unsupported(`${command.at(-1)} failed: ${error?.message ?? stderr.trim()}`);
  if (status !== 0) throw new Error(`${command.join(" ")} failed: ${error?.message ?? stderr.trim()}`);
}
