import { createInterface } from "node:readline/promises";
import type { TerminalText } from "./terminal-text.ts";

/** Asks on the terminal; undefined if the user pressed Ctrl-C or Ctrl-D. */
export async function ask(question: TerminalText): Promise<string | undefined | "no terminal"> {
  const { stdin, stdout } = process;
  if (!stdin.isTTY || !stdout.isTTY) return "no terminal";
  const prompt = createInterface({ input: stdin, output: stdout });
  try {
    return await prompt.question(question.raw);
  } catch (error) {
    // Ctrl-C and Ctrl-D leave the cursor behind the question.
    if (!(error instanceof Error) || error.name !== "AbortError") throw error;
    stdout.write("\n");
    return undefined;
  } finally {
    prompt.close();
  }
}
