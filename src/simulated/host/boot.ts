import type { System } from "../../system/system.ts";
import type { Scheduled } from "../clock/virtual-clock.ts";
import { FileTable } from "./file-table.ts";
import { HostClock } from "./host-clock.ts";
import { hostResolver } from "./host-resolver.ts";
import { hostSystem } from "./host-system.ts";
import type { HostNetwork, SimulatedHost } from "./simulated-host.ts";
import { SocketFactory } from "./socket-factory.ts";

/** The state of a host from one boot to the next. */
export interface Boot {
  readonly system: System;
  readonly clock: HostClock;
  readonly files: FileTable;
}

/** Boots a host; nothing of an earlier boot remains. */
export function startHost(host: SimulatedHost, network: HostNetwork, ended: () => boolean): Boot {
  const { program, blocking } = network;
  const clock = new HostClock({
    clock: host.clock,
    program,
    host,
    epoch: network.epoch,
    bind: (call) => network.bind(call),
  });
  const files = new FileTable({
    sysctls: host.sysctls,
    blocking,
    nextCookie: () => host.nextCookie(),
    wakeProgram: (item: Scheduled) => program.add(item, host.clock.now, host),
  });
  const system = hostSystem({
    hostName: host.name,
    clock,
    resolver: hostResolver(network),
    names: {
      addressesOf: (name) => network.addressesOf(name),
      nameOf: (address) => network.nameOf(address),
      hostName: host.name,
      interfaces: () => host.interfaces,
    },
    socketFiles: host.files,
    files,
    blocking,
    sockets: new SocketFactory(host.ip.handlers),
    somaxconn: () => host.sysctls.get("net.core.somaxconn"),
    interfaces: () => host.interfaces,
    settle: () => host.ip.drainLoopback(),
    ended,
  });
  return { system, clock, files };
}
