// Preloaded into every Node process of the virtual machine, since an emulator may be thirty times
// slower: multiplies the time limits of the programs that tests start.
const childProcess = require("node:child_process");
const { syncBuiltinESMExports } = require("node:module");

const slowness = Number(process.env.BERKELEY_SLOWNESS ?? 1);

for (const name of ["spawn", "spawnSync", "execFile", "execFileSync"]) {
  const original = childProcess[name];
  childProcess[name] = function scaled(...args) {
    const scaledArgs = args.map((argument) =>
      typeof argument?.timeout === "number"
        ? { ...argument, timeout: argument.timeout * slowness }
        : argument,
    );
    return original.apply(this, scaledArgs);
  };
  const own = Object.getOwnPropertySymbols(original);
  for (const symbol of own) childProcess[name][symbol] = original[symbol];
}
syncBuiltinESMExports();
