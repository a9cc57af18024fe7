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
export function standardOutput(): Output {
  const { stdout } = process;
  // In a pipe isTTY is undefined, whatever its type says, and picocolors would go by CI and FORCE_COLOR.
  const isTerminal = stdout.isTTY === true && process.env.TERM !== "dumb";
  return {
    write: (text) => stdout.write(text),
    isTerminal,
    colors: picocolors.createColors(isTerminal && !process.env.NO_COLOR),
    get columns() {
      return isTerminal ? stdout.columns : undefined;
    },
  };
}
