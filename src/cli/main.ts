#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import picocolors from "picocolors";
import { commands } from "./endpoint.ts";
import { addFree } from "./free.ts";
import { addListen } from "./listen.ts";
import { addPorts } from "./ports.ts";
import type { Report } from "./report/event.ts";
import { humanReport } from "./report/human.ts";
import { jsonReport } from "./report/json.ts";
import { UsageError } from "./usage-error.ts";
import { addWait } from "./wait.ts";
import { addWhy } from "./why.ts";

const DONE = 0;
/** What it has to tell cannot be written. */
const FAILED = 1;
/** What was asked for is wrong, or cannot be done here. */
const BAD_USAGE = 2;

const moreHelp = `
Without a command it is listen: \`berkeley 8080\` is \`berkeley listen 8080\`.
\`berkeley listen --help\` shows its options.

Examples:
  berkeley                               echo, on a free port of this machine
  berkeley listen 8080 --respond http    a page for a browser, on http://127.0.0.1:8080/
  berkeley ports --watch                 what listens on this machine, live
  berkeley why 3000                      who has port 3000
  berkeley wait 3000 -- npm test         run the tests once something listens there
  berkeley free 3000                     stop whoever has it, after asking`;

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
    .configureOutput({ outputError: () => {} });
  let status = DONE;
  const exit = (its: number) => {
    status = its;
  };
  addListen(program, makeReport);
  addPorts(program);
  addWhy(program, exit);
  addWait(program, exit);
  addFree(program, exit);
  try {
    await program.parseAsync(words, { from: "user" });
    return status;
  } catch (error) {
    if (error instanceof UsageError) return complain(error.message);
    if (!(error instanceof CommanderError)) throw error;
    // --help and --version come here too.
    return error.exitCode === 0 ? DONE : complain(sentence(error.message, words));
  }
}

/**
 * Whoever reads our output may leave, as `| head -1` does: nothing is left to tell then, and we leave too. Any other
 * error, such as that of a full disk, loses what somebody wants.
 */
function leave(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit(DONE);
  process.stderr.write(`berkeley: Cannot write to standard output: ${error.message}.\n`);
  process.exit(FAILED);
}

function complain(message: string): number {
  process.stderr.write(`berkeley: ${message}\n`);
  return BAD_USAGE;
}

/** commander's words for what is wrong, on one line, and where to read what would be right. */
function sentence(message: string, [command = ""]: readonly string[]): string {
  const words = message.replace(/^error: /, "").replaceAll(/\s*\n\s*/g, " ");
  return `${words.replace(/\.$/, "")}; see \`berkeley ${commands.includes(command) ? command : "listen"} --help\`.`;
}

function makeReport(json: boolean): Report {
  const { stdout } = process;
  if (json) return jsonReport((text) => stdout.write(text));
  // In a pipe isTTY is undefined, whatever its type says, and picocolors would go by CI and FORCE_COLOR.
  const isTerminal = stdout.isTTY === true && process.env.TERM !== "dumb";
  return humanReport({
    terminal: {
      write: (text) => stdout.write(text),
      get columns() {
        return stdout.columns;
      },
      onResize: (listener) => {
        stdout.on("resize", listener);
        return () => stdout.off("resize", listener);
      },
    },
    isTerminal,
    colors: picocolors.createColors(isTerminal && !process.env.NO_COLOR),
  });
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  if (typeof manifest === "object" && manifest !== null && "version" in manifest)
    return String(manifest.version);
  throw new Error("package.json has no version");
}
