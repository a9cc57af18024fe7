import { findsListener } from "../finds-listener.ts";
import type { InternetEntry, SocketTable, WantedSockets } from "../host-tables.ts";
import type { DarwinLibc } from "./darwin.ts";
import { decodePcbList } from "./pcb-list.ts";
import { sysctl } from "./sysctl.ts";

/**
 * macOS: the kernel's lists of protocol control blocks of all users, over its C library, or over a
 * test's.
 */
export function socketTableOver({ sysctlbyname }: Pick<DarwinLibc, "sysctlbyname">): SocketTable {
  function internetSockets({ protocol, uses, port = 0 }: WantedSockets): InternetEntry[] | undefined {
    const list = sysctl(sysctlbyname, `net.inet.${protocol}.pcblist64`);
    if (list === undefined) return undefined;
    return decodePcbList(list, protocol).filter(
      ({ use, local }) => uses.includes(use) && (port === 0 || local.port === port),
    );
  }
  return {
    internetSockets,
    isListenedOn(address, port) {
      const listening = internetSockets({ protocol: "tcp", uses: ["listening"], port });
      return listening === undefined ? undefined : findsListener(listening, address);
    },
    unixSockets: () => undefined,
    filesTellSockets: true,
    unavailable: {
      internet: "the kernel does not return its list of these sockets",
      unix: "berkeley cannot find the owners of unix sockets on macOS",
      bound: "the kernel's lists do not include",
    },
    leavesBindOpen: false,
    lacksBoundSockets: () => false,
    listsUnixSockets: false,
  };
}
