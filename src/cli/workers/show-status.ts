import { resolve as absolute } from "node:path";
import { formatIpv6, parseIpv6 } from "../../address/ip.ts";
import { isIPv6 } from "../../address/is-ip.ts";
import { isLocalhost, localhostAddresses } from "../../address/localhost.ts";
import { machineClock } from "../../clock/machine-clock.ts";
import { connect } from "../../net/connection/connect.ts";
import { parseEndpoint, parseUnixPath, resolve } from "../endpoint.ts";
import { formatAddress } from "../format.ts";
import { LiveScreen } from "../live-screen.ts";
import { type Output, standardOutput, writeJson } from "../output.ts";
import { text } from "../terminal-text.ts";
import { controlSockets } from "./control-folder.ts";
import { ASK_STATUS } from "./control-socket.ts";
import { type HoldStatus, statusOf } from "./status.ts";
import { statusTables } from "./status-table.ts";

/** The refresh interval of the live table, in milliseconds. */
const INTERVAL = 1000;

/** How many milliseconds a hold may take to answer. */
const PATIENCE = 2000;

/** The longest answer in bytes: another program that listens there could send forever. */
const LONGEST = 1 << 20;

/** The holds to show: all, or those on one port, `host:port` or path. */
export interface AskedHolds {
  readonly endpoint: string | undefined;
  readonly unix: string | undefined;
}

/**
 * Shows the workers of this user's holds: live on a terminal, once elsewhere. Returns whether there
 * are any.
 */
export async function showStatus(asked: AskedHolds, json: boolean): Promise<boolean> {
  const output = standardOutput();
  const isAsked = await matcherOf(asked);
  const first = await statuses(isAsked);
  const where = asked.endpoint ?? asked.unix;
  if (json) writeJson(first);
  else if (output.isTerminal && process.stdin.isTTY) await live(isAsked, where, first, output);
  else output.write(text`${statusTables(first, where, output)}\n`);
  return first.length > 0;
}

async function live(
  isAsked: IsAsked,
  where: string | undefined,
  first: readonly HoldStatus[],
  output: Output,
) {
  let holds = first;
  using screen = new LiveScreen(
    () =>
      text`${output.styles.dim("q: quit")}\n${statusTables(holds, where, { ...output, columns: output.columns })}`,
  );
  const timer = machineClock.setInterval(() => {
    void statuses(isAsked).then((now) => {
      holds = now;
      screen.draw();
    });
  }, INTERVAL);
  await screen.untilKey((key) => key === "q");
  machineClock.clearInterval(timer);
}

/** Whether a hold is on one of the requested addresses. */
type IsAsked = (address: string) => boolean;

async function matcherOf({ endpoint, unix }: AskedHolds): Promise<IsAsked> {
  if (unix !== undefined) {
    const path = heldPath(unix);
    return (address) => address === path;
  }
  if (endpoint === undefined) return () => true;
  const asked = parseEndpoint(endpoint, "");
  // A port alone matches every address.
  if (asked.host === "") return (address) => portOf(address) === asked.port;
  const found = isLocalhost(asked.host)
    ? localhostAddresses.map(({ address }) => address)
    : [(await resolve(asked)).address];
  const addresses = found.map((address) => {
    const six = isIPv6(address) ? parseIpv6(address) : undefined;
    return `${six === undefined ? address : `[${formatIpv6(six)}]`}:${asked.port}`;
  });
  return (address) => addresses.includes(address);
}

const portOf = (address: string): number => Number(/^(?:\[.*\]|[\d.]+):(\d+)$/.exec(address)?.[1]);

/** The absolute path, as a hold with workers reports it, wherever it was started. */
export function heldPath(unix: string): string {
  const address = parseUnixPath(unix);
  return formatAddress(unix.startsWith("@") ? address : { ...address, path: absolute(unix) });
}

/** Queries the holds. */
async function statuses(isAsked: IsAsked): Promise<readonly HoldStatus[]> {
  const asked = await Promise.all(controlSockets().map(ask));
  return asked.flatMap((status) => (status?.addresses.some(isAsked) ? [status] : []));
}

/** Undefined if the hold was killed and left its path behind. */
async function ask(path: string): Promise<HoldStatus | undefined> {
  try {
    // Clients can connect to a hold even while it is stopped.
    const deadline = machineClock.now() + PATIENCE;
    const connection = await connect({ path, timeout: PATIENCE });
    try {
      await connection.write(ASK_STATUS);
      const pieces: Uint8Array[] = [];
      for (let length = 0; length <= LONGEST; ) {
        const timeout = Math.max(0, deadline - machineClock.now());
        const piece = await connection.read({ timeout });
        if (piece === null) return statusOf(JSON.parse(Buffer.concat(pieces).toString()));
        pieces.push(piece);
        length += piece.length;
      }
      return undefined;
    } finally {
      connection.reset();
    }
  } catch {
    return undefined;
  }
}
