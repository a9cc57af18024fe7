import picocolors from "picocolors";
import type { Report } from "./event.ts";
import { humanReport } from "./human.ts";
import { jsonReport } from "./json.ts";

/** Reports to standard output: objects for programs, or lines for people. */
export function standardReport(json: boolean): Report {
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
