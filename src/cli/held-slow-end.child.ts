import { existsSync } from "node:fs";

// Behind `berkeley hold`: asked to end, it stays until the file that is its argument is there.
const [, , gate = ""] = process.argv;
process.on("SIGTERM", () => {
  console.log("ending");
  setInterval(() => {
    if (existsSync(gate)) process.exit(0);
  }, 5);
});
console.log(`started ${process.pid}`);
setInterval(() => {}, 1e6);
