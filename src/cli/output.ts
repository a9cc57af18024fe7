import picocolors from "picocolors";
import { json } from "./json.ts";
import { type Styles, stylesOf, type TerminalText, text } from "./terminal-text.ts";

/** A stream that people read. */
export interface Output {
  readonly write: (text: TerminalText) => void;
  /** Whether it is a terminal that supports control sequences. */
  readonly isTerminal: boolean;
  readonly styles: Styles;
  /** Its width; undefined if lines may have any length. */
  readonly columns: number | undefined;
  /** Calls `listener` after `columns` has changed. Returns a function that stops that. */
  readonly onResize: (listener: () => void) => () => void;
}

/** Standard output, with colours and a width if it is a terminal. */
export const standardOutput = (): Output => outputTo(process.stdout);

/** Standard error; one of the two may be a terminal when the other is not. */
export const standardError = (): Output => outputTo(process.stderr);

/** Writes a value as one line of JSON to standard output. */
export const writeJson = (value: unknown): void => standardOutput().write(text`${json(value)}\n`);

function outputTo(stream: NodeJS.WriteStream): Output {
  // For a pipe, isTTY is undefined despite its type, and picocolors would check CI and FORCE_COLOR.
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
