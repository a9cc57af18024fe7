import type { Report } from "./event.ts";

/** One JSON object a line. */
export function jsonReport(write: (text: string) => void): Report {
  return {
    tell(event) {
      const { event: name, ...fields } = event;
      write(`${JSON.stringify({ event: name, time: new Date().toISOString(), ...fields })}\n`);
    },
    end() {},
  };
}
