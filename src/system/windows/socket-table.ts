import type { InternetEntry, SocketTable, WantedSockets } from "../machine.ts";
import { constants } from "./constants.ts";
import { tableOf } from "./iphlpapi.ts";
import { decodeTcpTable, decodeUdpTable } from "./mib-tables.ts";

const { AF } = constants;
const families = [
  ["ipv4", AF.INET],
  ["ipv6", AF.INET6],
] as const;

/** A machine without one of the families tells of the other alone. */
function internetSockets({ protocol, uses, port = 0 }: WantedSockets): InternetEntry[] | undefined {
  const decode = protocol === "tcp" ? decodeTcpTable : decodeUdpTable;
  // Those that are bound and do not listen are in neither table.
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

/** Whether one of these listeners takes a connection to the address; undefined where IPv6's wildcard may take IPv4, or not. */
export function findsListener(listening: readonly InternetEntry[], address: Uint8Array): boolean | undefined {
  const sameFamily = listening.filter(({ local }) => local.address.byteLength === address.byteLength);
  if (sameFamily.some(({ local }) => isWildcard(local.address) || equal(local.address, address))) return true;
  const isOpen = listening.some(({ local }) => local.address.byteLength === 16 && isWildcard(local.address));
  return isOpen && address.byteLength === 4 ? undefined : false;
}

const isWildcard = (address: Uint8Array) => address.every((byte) => byte === 0);
const equal = (one: Uint8Array, other: Uint8Array) => one.every((byte, index) => byte === other[index]);

/** Windows: the tables of iphlpapi.dll. */
export const socketTable: SocketTable = {
  internetSockets,
  isListenedOn,
  unixSockets: () => undefined,
  // To lstat() it is a file, as other reparse points are.
  filesTellSockets: false,
  untold: {
    internet: "Windows does not give its table of these sockets.",
    unix: "Windows does not tell who has a unix socket or a named pipe.",
    bound: "A socket has it that is bound and does not listen, of which GetExtendedTcpTable() does not tell.",
  },
  leavesBindOpen: true,
};
