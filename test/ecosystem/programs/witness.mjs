// Preloaded beside berkeley/register: counts the connections that berkeley carries.
import { subscribe } from "node:diagnostics_channel";
import { writeSync } from "node:fs";

let count = 0;
for (const channel of ["berkeley:accept", "berkeley:connect"]) subscribe(channel, () => count++);
process.on("exit", () => writeSync(2, `berkeley carried ${count} connections\n`));
