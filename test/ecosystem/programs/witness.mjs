// Preloaded beside berkeley/register: reports at the end which of berkeley's engines ran, if any.
import { subscribe } from "node:diagnostics_channel";
import { writeSync } from "node:fs";

let engine = "none";
subscribe("berkeley:engine", ({ name }) => {
  engine = name;
});
process.on("exit", () => writeSync(2, `berkeley's engine: ${engine}\n`));
