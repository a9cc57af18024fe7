/** A network of hosts in TypeScript, on which programs that use berkeley run in virtual time. */
export type { ResolvedAddress } from "../system/services.ts";
export type { BridgeDevice, BridgeOptions } from "./bridge/bridge.ts";
export type { Capture, CaptureOptions } from "./capture/capture.ts";
export type { DiagramOptions } from "./capture/sequence-diagram.ts";
export { StuckError } from "./driver.ts";
export type { Fate, Hosts, PartitionOptions, Rule, RuleContext } from "./network/faults.ts";
export type { LinkConditions } from "./network/link.ts";
export type { LinkOptions, NewHost } from "./network/network.ts";
export type { Trace } from "./network/trace.ts";
export type { Duration, Rate } from "./network/units.ts";
export { type SeedsOptions, type SimulateOptions, simulate } from "./run.ts";
export { type Host, HostCrashed, type Skew } from "./simulated-host.ts";
export type { SimulatedNetwork } from "./simulated-network.ts";
