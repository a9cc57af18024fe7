#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import picocolors from "picocolors";
import { addListen } from "./listen.ts";
import type { Report } from "./report/event.ts";
import { humanReport } from "./report/human.ts";
import { jsonReport } from "./report/json.ts";
import { UsageError } from "./usage-error.ts";

const DONE = 0;
/** What was asked for is wrong, or cannot be done here. */
const BAD_USAGE = 2;

process.exitCode = await run(process.argv.slice(2));

async function run(words: string[]): Promise<number> {
  // Whoever reads our output may leave, as `| head -1` does. Nothing is left to tell then, and we leave too.
  process.stdout.on("error", () => process.exit(DONE));
  const program = new Command("berkeley")
    .description("Berkeley sockets for TypeScript, at the command line.")
    .version(version(), "--version", "print the version")
    .helpOption("--help", "print help")
    .exitOverride()
    .configureOutput({ outputError: () => {} });
  addListen(program, makeReport);
  try {
    await program.parseAsync(words, { from: "user" });
    return DONE;
  } catch (error) {
    if (error instanceof UsageError) return complain(error.message);
    if (!(error instanceof CommanderError)) throw error;
    // --help and --version come here too.
    return error.exitCode === 0 ? DONE : complain(sentence(error.message));
  }
}

function complain(message: string): number {
  process.stderr.write(`berkeley: ${message}\n`);
  return BAD_USAGE;
}

/** commander's words for what is wrong, on one line. */
function sentence(message: string): string {
  return message.replace(/^error: /, "").replaceAll(/\s*\n\s*/g, " ");
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
