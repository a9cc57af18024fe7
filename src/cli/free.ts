import type { Command } from "commander";
import type { Explanation } from "../diagnose/explanation.ts";
import { describe, signalFailure } from "../diagnose/messages.ts";
import type { Holder } from "../diagnose/process.ts";
import { RunningProcess } from "../diagnose/running-process.ts";
import { ask } from "./ask.ts";
import { askedAddresses, collect } from "./asked-address.ts";
import { explainAsked } from "./explain-asked.ts";
import { parseGrace } from "./grace.ts";
import { standardOutput } from "./output.ts";
import { paragraph } from "./paragraph.ts";
import { nameOf, tell } from "./tell.ts";
import { text } from "./terminal-text.ts";
import { UsageError } from "./usage-error.ts";

interface FreeOptions {
  readonly unix?: readonly string[];
  readonly udp?: true;
  readonly yes?: boolean;
  readonly grace: number;
}

const FREE = 0;
const TAKEN = 1;

/** Adds the `free` command, which stops the processes that have a port; `exit` gets its status. */
export function addFree(program: Command, exit: (status: number) => void): void {
  program
    .command("free")
    .description("stop the processes that have a port or a unix path open, after asking")
    .argument("[[host:]port...]", "the port to free; without a host, on every address of this machine")
    .option("--unix <path>", "free a unix path; @name is in the abstract namespace; may be repeated", collect)
    .option("--udp", "free a UDP port instead of a TCP port")
    .option("--yes", "stop them without asking")
    .option(
      "--grace <seconds>",
      "how long a process may take after SIGTERM before it gets SIGKILL",
      parseGrace,
      5,
    )
    .addHelpText(
      "after",
      `
Shows the processes, asks, and sends each SIGTERM, then SIGKILL if it is still running after the grace
period. Windows has no signals, so the processes are terminated at once.
Several ports are freed one after another.
Exit status: 0 free now, 1 still in use, 2 bad usage, or no terminal for the question. For several ports, the highest.`,
    )
    .action(async (endpoints: readonly string[], options: FreeOptions) => {
      const asked = await askedAddresses({ endpoints: endpoints, paths: options.unix ?? [] });
      let worst = FREE;
      for (const addresses of asked) {
        const look = () => explainAsked(addresses, options.udp ? "udp" : "tcp");
        worst = Math.max(worst, await free(look, options, asked.length === 1));
      }
      exit(worst);
    });
}

async function free(
  look: () => readonly Explanation[],
  { yes = false, grace }: FreeOptions,
  isAlone: boolean,
): Promise<number> {
  const before = look();
  const [first] = before;
  const name = isAlone || first === undefined ? "It" : nameOf(first.address);
  if (isFree(before)) return say(`${name} is already free.`, FREE);
  const holders = holdersIn(before);
  if (holders.length === 0) return explained(before);
  // Opened before asking, so that we never stop another process that gets the same pid later.
  const opened = holders.map((holder) => ({ holder, process: RunningProcess.open(holder) }));
  try {
    for (const holder of holders) say(describe(holder), TAKEN);
    const isAnyToStop = opened.some(({ process }) => process instanceof RunningProcess);
    if (isAnyToStop && !yes && !(await isWanted(holders.length))) return say("Nothing was stopped.", TAKEN);
    // The user may take long to answer; leave processes alone that have closed the socket by then.
    const now = holdersIn(look());
    const outcomes = await Promise.all(
      opened.map(({ holder, process }) => stop(holder, process, has(holder, now), grace)),
    );
    for (const outcome of outcomes) say(outcome, TAKEN);
  } finally {
    for (const { process } of opened) if (process instanceof RunningProcess) process[Symbol.dispose]();
  }
  const after = look();
  return isFree(after) ? say(`${name} is free.`, FREE) : explained(after);
}

const isFree = (explanations: readonly Explanation[]) =>
  explanations.every(({ verdict }) => verdict === "free");

/** The processes, each listed once even if it holds several sockets. */
function holdersIn(explanations: readonly Explanation[]): Holder[] {
  const causes = explanations.flatMap((explanation) => explanation.causes);
  const all = causes.flatMap((cause) => (cause.kind === "held" ? cause.holders : []));
  return [...new Map(all.map((holder) => [holder.pid, holder])).values()];
}

/** Whether this process, rather than another with the same pid, is among the holders. */
const has = ({ pid, startTicks }: Holder, holders: readonly Holder[]): boolean =>
  holders.some((holder) => holder.pid === pid && holder.startTicks === startTicks);

async function isWanted(count: number): Promise<boolean> {
  const answer = await ask(text`Stop ${count === 1 ? "it" : `these ${count}`}? [y/N] `);
  if (answer === "no terminal") {
    throw new UsageError(
      "There is no terminal to ask for confirmation; use --yes to stop the processes without asking.",
    );
  }
  return answer !== undefined && /^y(es)?$/i.test(answer.trim());
}

/** Stops a process; returns a sentence that says how that went. */
async function stop(
  { name, pid }: Holder,
  running: ReturnType<typeof RunningProcess.open>,
  stillHas: boolean,
  grace: number,
): Promise<string> {
  const who = `${name} (pid ${pid})`;
  if (typeof running === "string") return `${who} ${signalFailure(running)}`;
  if (running.ended) return `${who} has already exited.`;
  if (!stillHas) return `${who} has closed it in the meantime, and was left alone.`;
  const asked = running.signal("SIGTERM");
  if (asked === "denied") return `${who} ${signalFailure(asked)}`;
  if (await running.hasEndedWithin(grace * 1000)) return `${who} has stopped.`;
  running.signal("SIGKILL");
  return (await running.hasEndedWithin(1000))
    ? `${who} did not stop within ${grace} s of SIGTERM, and was killed.`
    : `${who} was killed but has not exited yet: it is blocked in the kernel.`;
}

/** Prints why it is not free. */
function explained(explanations: readonly Explanation[]): number {
  for (const explanation of explanations) tell(explanation, standardOutput());
  return TAKEN;
}

function say(words: string, status: number): number {
  const { write, columns } = standardOutput();
  write(paragraph(words, columns));
  return status;
}
