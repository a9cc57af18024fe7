import { machineClock } from "../../clock/machine-clock.ts";
import { connect } from "../../net/connection/connect.ts";
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

/**
 * Shows the workers of this user's holds: live on a terminal, once elsewhere. Returns whether there
 * are any.
 */
export async function showStatus(endpoint: string | undefined, json: boolean): Promise<boolean> {
  const output = standardOutput();
  const first = await statuses(endpoint);
  if (json) writeJson(first);
  else if (output.isTerminal && process.stdin.isTTY) await live(endpoint, first, output);
  else output.write(text`${statusTables(first, output)}\n`);
  return first.length > 0;
}

async function live(endpoint: string | undefined, first: readonly HoldStatus[], output: Output) {
  let holds = first;
  using screen = new LiveScreen(
    () =>
      text`${output.styles.dim("q: quit")}\n${statusTables(holds, { ...output, columns: output.columns })}`,
  );
  const timer = machineClock.setInterval(() => {
    void statuses(endpoint).then((now) => {
      holds = now;
      screen.draw();
    });
  }, INTERVAL);
  await screen.untilKey((key) => key === "q");
  machineClock.clearInterval(timer);
}

/** The status of each hold; only of those for one port or path, if given. */
async function statuses(endpoint: string | undefined): Promise<readonly HoldStatus[]> {
  const asked = await Promise.all(controlSockets().map(ask));
  return asked.flatMap((status) => {
    if (status === undefined) return [];
    const isAsked =
      endpoint === undefined ||
      status.addresses.some((address) => address === endpoint || address.endsWith(`:${endpoint}`));
    return isAsked ? [status] : [];
  });
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
