import { machineClock } from "../../clock/machine-clock.ts";
import { json } from "../json.ts";
import { type TerminalText, text } from "../terminal-text.ts";
import type { Report } from "./event.ts";

/** Prints one JSON object per line. */
export function jsonReport(write: (text: TerminalText) => void): Report {
  return {
    tell(event) {
      const { event: name, ...fields } = event;
      const time = new Date(machineClock.date()).toISOString();
      write(text`${json({ event: name, time, ...fields })}\n`);
    },
    end() {},
  };
}
