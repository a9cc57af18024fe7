// Loaded by the programs of startup.mjs: at the end, writes the milliseconds of processor time that
// the process took, and its mebibytes.
const { writeFileSync } = require("node:fs");

process.on("exit", () => {
  const { user, system } = process.cpuUsage();
  const report = { cpu: (user + system) / 1000, memory: process.memoryUsage.rss() / 2 ** 20 };
  writeFileSync(process.env.BERKELEY_BENCH_REPORT, JSON.stringify(report));
});
