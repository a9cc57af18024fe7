import picocolors from "picocolors";
import type { Colors } from "picocolors/types.js";

/** Where a command writes what people read. */
export interface Output {
  readonly write: (text: string) => void;
  /** Whether somebody looks at it, on a screen that understands control sequences. */
  readonly isTerminal: boolean;
  readonly colors: Colors;
  /** How wide it is; undefined where lines may have any length. */
  readonly columns: number | undefined;
}

/** Standard output: with colours and a width where it is a terminal. */
export const standardOutput = (): Output => outputTo(process.stdout);

/** Standard error, which may be a terminal where standard output is none, and the other way round. */
export const standardError = (): Output => outputTo(process.stderr);

function outputTo(stream: NodeJS.WriteStream): Output {
  // In a pipe isTTY is undefined, whatever its type says, and picocolors would go by CI and FORCE_COLOR.
  const isTerminal = stream.isTTY === true && process.env.TERM !== "dumb";
  return {
    write: (text) => stream.write(text),
    isTerminal,
    colors: picocolors.createColors(isTerminal && !process.env.NO_COLOR),
    get columns() {
      return isTerminal ? stream.columns : undefined;
    },
  };
}
