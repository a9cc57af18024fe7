#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { complain, complainOfDefect } from "./complain.ts";
import { commands } from "./endpoint.ts";
import { standardOutput } from "./output.ts";
import { joinLines } from "./terminal-text.ts";
import { UsageError } from "./usage-error.ts";

const DONE = 0;
/** What it has to tell cannot be written. */
const FAILED = 1;
/** What was asked for is wrong, or cannot be done here. */
const BAD_USAGE = 2;

/** Adds a command to the program; `exit` is told its status. */
type AddCommand = (program: Command, exit: (status: number) => void) => void;

/**
 * The modules of a command are loaded if it is asked for: those of all of them take more time than
 * most have to run.
 */
const adds: Readonly<Record<string, () => Promise<AddCommand>>> = {
  listen: async () => (await import("./listen.ts")).addListen,
  ports: async () => (await import("./ports.ts")).addPorts,
  why: async () => (await import("./why.ts")).addWhy,
  wait: async () => (await import("./wait.ts")).addWait,
  free: async () => (await import("./free.ts")).addFree,
  hold: async () => (await import("./hold.ts")).addHold,
};

const moreHelp = `
Without a command it is listen: \`berkeley 8080\` is \`berkeley listen 8080\`.
\`berkeley listen --help\` shows its options.

Examples:
  berkeley                               echo, on a free port of this machine
  berkeley listen 8080 --respond http    a page for a browser, on http://127.0.0.1:8080/
  berkeley ports --watch                 what listens on this machine, live
  berkeley why 3000                      who has port 3000
  berkeley wait 3000 -- npm test         run the tests once something listens there
  berkeley free 3000                     stop whoever has it, after asking
  berkeley hold 3000 -- npm start        keep the port open while the server restarts`;

// What Node would print of it may hold the name of a path or a host.
process.on("uncaughtException", (error) => {
  complainOfDefect(error);
  process.exit(BAD_USAGE);
});
process.exitCode = await run(process.argv.slice(2));

async function run(words: string[]): Promise<number> {
  process.stdout.on("error", leave);
  // There is nowhere left to tell it; the status still does.
  process.stderr.on("error", () => {});
  const program = new Command("berkeley")
    .description("Berkeley sockets for TypeScript, at the command line.")
    .version(version(), "--version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand("help [command]", "print help for a command")
    .addHelpText("after", moreHelp)
    .exitOverride()
    .configureOutput({
      writeOut: (help) => standardOutput().write(joinLines(help.split("\n"))),
      outputError: () => {},
    });
  let status = DONE;
  const exit = (its: number) => {
    status = its;
  };
  for (const add of await addsFor(words)) add(program, exit);
  try {
    await program.parseAsync(words, { from: "user" });
    return status;
  } catch (error) {
    if (error instanceof UsageError) return badUsage(error.message, error.command);
    if (!(error instanceof CommanderError)) throw error;
    // --help and --version come here too.
    return error.exitCode === 0 ? DONE : badUsage(asSentence(error.message, words));
  }
}

/**
 * The one command that the first word names; where it names none, every one: for the help, and to
 * say what is wrong.
 */
function addsFor([command = ""]: readonly string[]): Promise<AddCommand[]> {
  const named = Object.hasOwn(adds, command) ? adds[command] : undefined;
  return Promise.all((named === undefined ? Object.values(adds) : [named]).map((load) => load()));
}

/**
 * Whoever reads our output may leave, as `| head -1` does: nothing is left to tell then, and we
 * leave too. Any other error, such as that of a full disk, loses what somebody wants.
 */
function leave(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit(DONE);
  complain(`Cannot write to standard output: ${error.message}.`);
  process.exit(FAILED);
}

function badUsage(message: string, command?: string): number {
  complain(message, command);
  return BAD_USAGE;
}

/** commander's words for what is wrong, on one line, and where to read what would be right. */
function asSentence(message: string, [command = ""]: readonly string[]): string {
  const words = message.replace(/^error: /, "").replaceAll(/\s*\n\s*/g, " ");
  return `${words.replace(/\.$/, "")}; see \`berkeley ${commands.includes(command) ? command : "listen"} --help\`.`;
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  if (typeof manifest === "object" && manifest !== null && "version" in manifest)
    return String(manifest.version);
  throw new Error("package.json has no version");
}
