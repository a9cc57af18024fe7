import { type Command, Option } from "commander";
import type { Address, Ipv4Address, Ipv6Address } from "../address/address.ts";
import { isLocalhost } from "../address/localhost.ts";
import { machineClock } from "../clock/machine-clock.ts";
import type { Server } from "../net/listener/server.ts";
import { SOMAXCONN } from "../posix/constants.ts";
import { type ListenAddress, parseBacklog, parseHostAndPort, parseUnixPath, resolve } from "./endpoint.ts";
import { formatAddress, formatPath } from "./format.ts";
import type { ListeningEvent, Report } from "./report/event.ts";
import { standardReport } from "./report/standard-output.ts";
import { discard } from "./responders/discard.ts";
import { echo } from "./responders/echo.ts";
import { http } from "./responders/http.ts";
import { type MakeResponder, Responding } from "./responding.ts";
import { somaxconn } from "./somaxconn.ts";
import { UsageError } from "./usage-error.ts";

interface ListenOptions {
  readonly backlog: number;
  readonly unix?: string;
  readonly respond: ListeningEvent["respond"];
  readonly json?: true;
}

const responders: Readonly<Record<ListeningEvent["respond"], MakeResponder>> = {
  echo: () => echo,
  discard: () => discard,
  http,
};

/** Adds `berkeley listen`, which is also the default command. */
export function addListen(program: Command): void {
  program
    .command("listen", { isDefault: true })
    .description("listen on a socket, answer each connection, and show connections and the accept queue")
    .argument(
      "[[host:]port]",
      "3000, localhost:3000, [::1]:3000; 0.0.0.0:3000 or [::]:3000 for every address of this machine. " +
        "Without a host, 127.0.0.1; without a port, a free one.",
    )
    .option(
      "--backlog <n>",
      "how many connections may wait to be accepted; the system may grant fewer",
      parseBacklog,
      SOMAXCONN,
    )
    .option(
      "--unix <path>",
      "listen on a unix socket instead; @name is in the abstract namespace. The path is removed at exit.",
    )
    .addOption(
      new Option("--respond <how>", "how to answer each connection")
        .choices(Object.keys(responders))
        .default("echo"),
    )
    .option("--json", "print one JSON object per line")
    .addHelpText(
      "after",
      `
Ctrl-C (SIGINT) or SIGTERM closes everything and prints a summary; the exit status is then 0.
If it cannot listen, for example because the port is in use, it prints the reason; the exit status is then 2.
Colour is used only on terminals; NO_COLOR=1 turns it off.`,
    )
    .action(async (endpoint: string | undefined, options: ListenOptions) => {
      const address = await addressOf(endpoint, options.unix);
      const isBoth = options.unix === undefined && isLocalhost(parseHostAndPort(endpoint).host);
      await serve(address, isBoth, options, standardReport(options.json ?? false));
    });
}

async function addressOf(endpoint: string | undefined, unix: string | undefined): Promise<ListenAddress> {
  if (unix === undefined) return resolve(parseHostAndPort(endpoint));
  if (endpoint !== undefined) throw new UsageError(`Give either a port ("${endpoint}") or --unix, not both.`);
  return parseUnixPath(unix);
}

/** Listens until a signal comes. */
async function serve(
  address: ListenAddress,
  isBoth: boolean,
  options: ListenOptions,
  report: Report,
): Promise<void> {
  const started = machineClock.now();
  const ended = firstSignal();
  const responding = new Responding(responders[options.respond], report);
  const server = await responding.listen(address, options.backlog, isBoth ? "localhost" : undefined);
  // close() first removes the path that we created; do that however the process ends.
  process.on("exit", () => server.close());
  report.tell(listening(server, options));
  responding.begin();
  const signal = await ended;
  const totals = await responding.close();
  const milliseconds = Math.round(machineClock.now() - started);
  report.tell({ event: "summary", signal, ...totals, milliseconds });
  report.end();
}

function listening(
  { address: at, addresses, backlog: { effective } }: Server,
  { backlog, respond }: ListenOptions,
): ListeningEvent {
  // Other systems have no such limit, and count the queue differently.
  const limit = somaxconn();
  const isUnix = at.family === "unix";
  const isInternet = at.family === "ipv4" || at.family === "ipv6";
  return {
    event: "listening",
    addresses: addresses.map(endpointOf),
    family: isInternet ? at.family : "unix",
    address: isInternet ? withScope(at) : null,
    port: isInternet ? at.port : null,
    path: isUnix ? formatPath(at.path) : null,
    respond,
    backlog,
    granted: effective ?? null,
    somaxconn: limit ?? null,
    capacity: effective === undefined || limit === undefined ? null : effective + 1,
    pid: process.pid,
  };
}

const endpointOf = (at: Address) => (at.family === "unix" ? formatPath(at.path) : formatAddress(at));

/** A link-local address needs its interface. */
function withScope(at: Ipv4Address | Ipv6Address): string {
  return at.family === "ipv4" || at.scopeId === 0 ? at.address : `${at.address}%${at.scopeId}`;
}

/**
 * Resolves at the first SIGINT or SIGTERM. A second one ends the process immediately, unless it
 * comes within half a second: npm forwards the SIGINT that the terminal has already sent to both
 * processes.
 */
function firstSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let first: number | undefined;
    function received(signal: NodeJS.Signals) {
      if (first === undefined) {
        first = machineClock.now();
        resolve(signal);
      } else if (machineClock.now() - first > 500) {
        process.removeListener(signal, received);
        process.kill(process.pid, signal);
      }
    }
    process.on("SIGINT", received);
    process.on("SIGTERM", received);
  });
}
