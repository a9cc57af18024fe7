import type { Memberships } from "./memberships.ts";

/** What IP_MULTICAST_IF and IP_UNICAST_IF chose: an index, and an address to send from. */
export interface SendingInterface {
  readonly multicastInterface: number;
  readonly multicastAddress: string;
  readonly unicastInterface: number;
}

const ANY_INTERFACE: SendingInterface = {
  multicastInterface: 0,
  multicastAddress: "0.0.0.0",
  unicastInterface: 0,
};

/** Options of IP that few programs set. */
export interface IpSettings {
  /** Multicast groups, once it joined one. */
  readonly memberships: Memberships | undefined;
  /** IP_MULTICAST_IF and IP_UNICAST_IF: the index, and an address to send from. */
  readonly sendingInterface: SendingInterface;
  /** IP_OPTIONS: kept, but no packet carries them. */
  readonly ipOptionBytes: Uint8Array | undefined;
  /** IPV6_HOPOPTS and its kind, by number: kept, but no packet carries them. */
  readonly extensionHeaders: ReadonlyMap<number, Uint8Array> | undefined;
}

export const INITIAL_IP_SETTINGS: IpSettings = {
  memberships: undefined,
  sendingInterface: ANY_INTERFACE,
  ipOptionBytes: undefined,
  extensionHeaders: undefined,
};
