// Runs as the first process of a PID namespace: while `berkeley free` asks, the pid that it shows
// is reused by another process.
import assert from "node:assert/strict";
import { berkeley } from "../../test/command.ts";
import { Holding } from "../../test/holding.ts";
import { skipped, startAs } from "../../test/pid-namespace.ts";
import { plain, Terminal } from "../../test/terminal.ts";
import { connect } from "../posix/connect.ts";
import { AF, SOCK } from "../posix/constants.ts";
import { socket } from "../posix/socket.ts";

const ends: (() => unknown)[] = [];
const context = { after: (end: () => unknown) => ends.push(end), skip: skipped };
const endpoint = { family: "ipv4", address: "127.83.0.3", port: 3000 } as const;
const start = () => Holding.start(context, { sockets: [{ address: endpoint, backlog: 1 }] });
try {
  const first = await start();
  const command =
    `'${process.execPath}' '${berkeley}' free ` +
    `${endpoint.address}:${endpoint.port}; echo "status $?"; cat`;
  const terminal = Terminal.open(context, command, 200);
  if (terminal !== undefined) await proceed(first, terminal);
} finally {
  for (const end of ends) await end();
}

async function proceed(first: Holding, terminal: Terminal): Promise<void> {
  assert.match(plain(await terminal.shows(/Stop it\? \[y\/N\]/)), new RegExp(`\\(pid ${first.pid}, user`));
  await first.stop();
  const second = await startAs(first.pid, start);
  terminal.press("y");
  terminal.press("Enter");
  const screen = plain(await terminal.shows(/status \d/));
  assert.match(screen, new RegExp(`\\(pid ${first.pid}\\) has already exited\\.\n`));
  // The other process has the address too: it is shown, but left alone.
  assert.match(screen, new RegExp(`127\\.83\\.0\\.3:3000: held by \\S+ \\(pid ${second.pid}, `));
  assert.match(screen, /\nstatus 1/);
  using client = socket(AF.INET, SOCK.STREAM);
  connect(client, endpoint);
}
