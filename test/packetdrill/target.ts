import type { HostCalls, RawCall, RawResult } from "./host-calls.ts";

/** The host that a script tests: the kernel behind a TUN device, or a simulated host. */
export interface Target {
  readonly name: "kernel" | "simulated";
  readonly calls: HostCalls;
  /** Which checksums of the host's packets are complete: a device may be left to finish TCP's. */
  readonly checks: "all" | "ip header";
  /** Begins to count time, in microseconds. */
  start(): void;
  now(): number;
  sleepUntil(time: number): void;
  /** An event of the script was carried out, which takes time on a machine. */
  eventEnded(): void;
  /** Hands the host a packet from the network. */
  inject(packet: Uint8Array): void;
  /** The next packet that the host has sent, waiting for it until a time. */
  receive(until: number): CapturedPacket | undefined;
  /** Makes a blocking call while the script continues. */
  begin(call: RawCall): PendingCall;
  sysctl(name: string, value: string): void;
  /** Runs a shell command that does not set a sysctl, in a folder. */
  command(text: string, folder: string): void;
  /** Converts a CLOCK_REALTIME of the host, in nanoseconds, to the script's time. */
  timeOf(realtime: bigint): number;
  close(): void;
}

export interface CapturedPacket {
  readonly bytes: Uint8Array;
  readonly at: number;
}

export interface PendingCall {
  /** The result, and when it came, waiting for it until a time. */
  wait(until: number): { readonly result: RawResult; readonly at: number } | undefined;
}

/** What a script's options say about its host and how it is compared. */
export interface Settings {
  readonly version: 4 | 6;
  /** AF_INET or AF_INET6: an IPv6 socket may speak IPv4 (`--ip_version=ipv4-mapped-ipv6`). */
  readonly family: number;
  readonly localAddress: string;
  readonly remoteAddress: string;
  readonly gateway: string;
  readonly localPrefix: number;
  readonly remotePrefix: number;
  readonly bindPort: number;
  readonly connectPort: number;
  readonly mtu: number;
  /**
   * How far an event may be off, in microseconds, and in percent of the time since the last one.
   */
  readonly tolerance: number;
  readonly tolerancePercent: number;
  /** Microseconds of a tick of timestamps; 0 leaves them uncompared. */
  readonly timestampTick: number;
  readonly scaledEcho: boolean;
  /** Whether a packet of the script must be one of the host, not several that follow each other. */
  readonly strictSegments: boolean;
}

/** The command cannot run on a simulated host, or this machine cannot run scripts on its kernel. */
export class Unsupported extends Error {}
