// For modules that run in their own network namespace: a simulated host that the kernel reaches.
import { setImmediate } from "node:timers/promises";
import { Bridge } from "../../src/simulated/bridge/bridge.ts";
import type { SimulatedHost } from "../../src/simulated/host/simulated-host.ts";
import { type LinkOptions, Network } from "../../src/simulated/network/network.ts";
import { constants } from "../../src/system/linux/constants.ts";
import { errnos } from "../../src/system/linux/errno.ts";
import { ip } from "../network-namespace.ts";
import { TunDevice } from "../packetdrill/kernel/tun.ts";
import { Calls } from "./calls.ts";

const { AF, SOCK } = constants;

export const KERNEL_ADDRESS = "10.99.0.1";
export const SIMULATED_ADDRESS = "10.99.0.2";

/** A simulated host behind a TUN device of this namespace, at 10.99.0.2 and fd99::2. */
export class BridgedHost {
  readonly network: Network;
  readonly host: SimulatedHost;
  readonly calls: Calls;
  readonly #bridge: Bridge;

  constructor(link: LinkOptions = {}) {
    const device = new TunDevice("tun0", { segments: false });
    ip("link set lo up");
    ip("link set tun0 up");
    ip(`address add ${KERNEL_ADDRESS}/24 dev tun0`);
    ip("-6 address add fd99::1/64 dev tun0 nodad");
    this.network = new Network({ seed: 1 });
    this.host = this.network.host("simulated", { addresses: [`${SIMULATED_ADDRESS}/24`, "fd99::2/64"] });
    this.calls = new Calls(this.host.system);
    this.#bridge = new Bridge(this.network, device);
    this.network.link(this.host, this.#bridge, link);
  }

  /** A listening socket that does not block. */
  listen(port: number, family: number = AF.INET): number {
    const listener = this.socket(family);
    const address = family === AF.INET ? SIMULATED_ADDRESS : "[fd99::2]";
    if (this.calls.bind(listener, `${address}:${port}`) !== 0) throw new Error("bind() failed");
    if (this.host.system.listen(listener, 16) !== 0) throw new Error("listen() failed");
    return listener;
  }

  socket(family: number = AF.INET): number {
    return this.host.system.socket(family, SOCK.STREAM, 0, 2);
  }

  /** Goes on in real time, and has the host's program work, until that is done. */
  async run(work: () => boolean): Promise<void> {
    for (let turn = 0; !work(); turn += 1) {
      this.#bridge.step();
      // What the kernel's side does in this process needs its turns too.
      if (turn % 4 === 0) await setImmediate();
    }
  }
}

/** A call's result, or undefined if it would block. */
export function unlessBlocked(result: number): number | undefined {
  if (result >= 0) return result;
  const waits = [errnos.EAGAIN, errnos.EINPROGRESS, errnos.EALREADY].some((errno) => result === -errno);
  if (waits) return undefined;
  throw new Error(`a call on the simulated host failed: errno ${-result}`);
}
