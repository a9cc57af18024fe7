#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { complain, complainOfDefect } from "./complain.ts";
import { commands } from "./endpoint.ts";
import { standardOutput } from "./output.ts";
import { joinLines } from "./terminal-text.ts";
import { UsageError } from "./usage-error.ts";

const DONE = 0;
/** Standard output cannot be written to. */
const FAILED = 1;
/** The request is wrong or cannot be met here. */
const BAD_USAGE = 2;

/** Adds a command to the program; `exit` gets its status. */
type AddCommand = (program: Command, exit: (status: number) => void) => void;

/** A command's modules are loaded on demand; loading all takes longer than most commands run. */
const adds: Readonly<Record<string, () => Promise<AddCommand>>> = {
  listen: async () => (await import("./listen.ts")).addListen,
  ports: async () => (await import("./ports.ts")).addPorts,
  why: async () => (await import("./why.ts")).addWhy,
  wait: async () => (await import("./wait.ts")).addWait,
  free: async () => (await import("./free.ts")).addFree,
  hold: async () => (await import("./hold.ts")).addHold,
  proxy: async () => (await import("./proxy.ts")).addProxy,
};

const moreHelp = `
The default command is listen: \`berkeley 8080\` means \`berkeley listen 8080\`.
\`berkeley listen --help\` shows its options.

Examples:
  berkeley                               an echo server on a free port of 127.0.0.1
  berkeley listen 8080 --respond http    a page for a browser, on http://127.0.0.1:8080/
  berkeley ports --watch                 listening sockets, live
  berkeley why 3000                      who has port 3000
  berkeley wait 3000 -- npm test         run the tests once something listens there
  berkeley free 3000                     stop the process that has it, after asking
  berkeley hold 3000 -- npm start        keep the port open while the server restarts
  berkeley proxy 8080 3000 --latency 200  forward connections to port 3000, 200 ms late`;

// Node would print paths and host names unescaped.
process.on("uncaughtException", (error) => {
  complainOfDefect(error);
  process.exit(BAD_USAGE);
});
/**
 * Commands that continue when nobody reads their output: some report by exit status, and hold's
 * workers serve.
 */
const persevering = ["why", "wait", "free", "hold"];
/** Output was lost through an error such as a full disk, rather than by the reader's choice. */
let isOutputLost = false;
const status = await run(process.argv.slice(2));
process.exitCode = isOutputLost ? BAD_USAGE : status;

async function run(words: string[]): Promise<number> {
  process.stdout.on("error", (error) => outputFailed(error, persevering.includes(words[0] ?? "")));
  // Nothing can be printed any more; the exit status remains.
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
    // --help and --version also end here.
    return error.exitCode === 0 ? DONE : badUsage(asSentence(error.message, words));
  }
}

/**
 * Returns the command named by the first argument; none for the version; all for help and errors.
 */
function addsFor([command = ""]: readonly string[]): Promise<AddCommand[]> {
  if (command === "--version") return Promise.resolve([]);
  const named = Object.hasOwn(adds, command) ? adds[command] : undefined;
  return Promise.all((named === undefined ? Object.values(adds) : [named]).map((load) => load()));
}

/**
 * If the reader of our output is gone, as with `| head -1`, the command ends without an error, or
 * continues if it perseveres. Any other error, such as a full disk, loses output.
 */
function outputFailed(error: NodeJS.ErrnoException, perseveres: boolean): void {
  const hasLeft = error.code === "EPIPE";
  if (!hasLeft && !isOutputLost) complain(`Cannot write to standard output: ${error.message}.`);
  if (!perseveres) process.exit(hasLeft ? DONE : FAILED);
  if (hasLeft) return;
  isOutputLost = true;
  // This may happen after the command has finished.
  process.exitCode = BAD_USAGE;
}

function badUsage(message: string, command?: string): number {
  complain(message, command);
  return BAD_USAGE;
}

/** Puts commander's error on one line, and adds where to find help. */
function asSentence(message: string, [command = ""]: readonly string[]): string {
  const words = message.replace(/^error: /, "").replaceAll(/\s*\n\s*/g, " ");
  return (
    `${words.replace(/\.$/, "")}; see \`berkeley ` +
    `${commands.includes(command) ? command : "listen"} --help\`.`
  );
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  if (typeof manifest === "object" && manifest !== null && "version" in manifest)
    return String(manifest.version);
  throw new Error("package.json has no version");
}
