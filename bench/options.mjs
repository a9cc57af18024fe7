import { join } from "node:path";
import { root } from "../scripts/install-and-build.mjs";

/** Options of a benchmark of servers, for parseArgs(); its figures are written to NAME.json. */
export const benchmarkOptions = (name) => ({
  only: { type: "string", default: "" },
  servers: { type: "string", default: "" },
  rounds: { type: "string", default: "5" },
  milliseconds: { type: "string", default: "1500" },
  output: { type: "string", default: join(root, `.cache/${name}.json`) },
  write: { type: "boolean", default: false },
  tables: { type: "boolean", default: false },
});
