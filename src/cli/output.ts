import picocolors from "picocolors";
import { json } from "./json.ts";
import { type Styles, stylesOf, type TerminalText, text } from "./terminal-text.ts";

/** Where a command writes what people read. */
export interface Output {
  readonly write: (text: TerminalText) => void;
  /** Whether somebody looks at it, on a screen that understands control sequences. */
  readonly isTerminal: boolean;
  readonly styles: Styles;
  /** How wide it is; undefined where lines may have any length. */
  readonly columns: number | undefined;
  /** Calls `listener` whenever `columns` has changed, until what it returns is called. */
  readonly onResize: (listener: () => void) => () => void;
}

/** Standard output: with colours and a width where it is a terminal. */
export const standardOutput = (): Output => outputTo(process.stdout);

/**
 * Standard error, which may be a terminal where standard output is none, and the other way round.
 */
export const standardError = (): Output => outputTo(process.stderr);

/** Writes a value as one line of JSON to standard output. */
export const writeJson = (value: unknown): void => standardOutput().write(text`${json(value)}\n`);

function outputTo(stream: NodeJS.WriteStream): Output {
  // In a pipe isTTY is undefined, whatever its type says, and picocolors would go by CI and
  // FORCE_COLOR.
  const isTerminal = stream.isTTY === true && process.env.TERM !== "dumb";
  return {
    write: ({ raw }) => stream.write(raw),
    isTerminal,
    styles: stylesOf(picocolors.createColors(isTerminal && !process.env.NO_COLOR)),
    get columns() {
      return isTerminal ? stream.columns : undefined;
    },
    onResize: (listener) => {
      stream.on("resize", listener);
      return () => stream.off("resize", listener);
    },
  };
}
