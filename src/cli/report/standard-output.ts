import { standardOutput } from "../output.ts";
import type { Report } from "./event.ts";
import { humanReport } from "./human.ts";
import { jsonReport } from "./json.ts";

/** Reports to standard output, as JSON for programs or as lines for people. */
export function standardReport(json: boolean): Report {
  const output = standardOutput();
  return json ? jsonReport(output.write) : humanReport(output);
}
