import { json } from "../json.ts";
import { type TerminalText, text } from "../terminal-text.ts";
import type { Report } from "./event.ts";

/** One JSON object a line. */
export function jsonReport(write: (text: TerminalText) => void): Report {
  return {
    tell(event) {
      const { event: name, ...fields } = event;
      write(text`${json({ event: name, time: new Date().toISOString(), ...fields })}\n`);
    },
    end() {},
  };
}
