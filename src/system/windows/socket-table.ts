import { findsListener } from "../finds-listener.ts";
import type { InternetEntry, SocketTable, WantedSockets } from "../host-tables.ts";
import { constants } from "./constants.ts";
import { tableOf } from "./iphlpapi.ts";
import { decodeTcpTable, decodeUdpTable } from "./mib-tables.ts";

const { AF } = constants;
const families = [
  ["ipv4", AF.INET],
  ["ipv6", AF.INET6],
] as const;

/** A host without one of the families only reports the other. */
function internetSockets({ protocol, uses, port = 0 }: WantedSockets): InternetEntry[] | undefined {
  const decode = protocol === "tcp" ? decodeTcpTable : decodeUdpTable;
  // Sockets that are bound and do not listen are in neither table.
  const isOfListeners = uses.every((use) => use === "listening" || use === "bound");
  const kind = protocol === "tcp" && isOfListeners ? "tcp listeners" : protocol;
  const tables = families.map(([family, number]) => {
    const bytes = tableOf(kind, number);
    return bytes === undefined ? undefined : decode(bytes, family);
  });
  if (tables.every((table) => table === undefined)) return undefined;
  return tables
    .flatMap((table = []) => table)
    .filter(({ use, local }) => uses.includes(use) && (port === 0 || local.port === port));
}

function isListenedOn(address: Uint8Array, port: number): boolean | undefined {
  const listening = internetSockets({ protocol: "tcp", uses: ["listening"], port });
  return listening === undefined ? undefined : findsListener(listening, address);
}

/** Windows: the tables of iphlpapi.dll. */
export const socketTable: SocketTable = {
  internetSockets,
  isListenedOn,
  unixSockets: () => undefined,
  // lstat() reports it as a file, like other reparse points.
  filesTellSockets: false,
  unavailable: {
    internet: "Windows does not return its table of these sockets",
    unix: "Windows does not say which process has a unix socket or a named pipe open",
    bound: "GetExtendedTcpTable() does not list, such as one that is bound without listening",
  },
  leavesBindOpen: true,
  lacksBoundSockets: () => true,
  listsUnixSockets: false,
};
