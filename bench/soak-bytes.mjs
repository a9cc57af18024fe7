// npm run soak:bytes: a gibibyte each way over one connection, on each engine, in pieces of random
// sizes and with readers that pause, compared by hash. For a different number of bytes: npm run
// soak:bytes -- 67108864. Exits with 1 if they differ.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { installAndBuildTests } from "../scripts/install-and-build.mjs";

const [size = `${2 ** 30}`] = process.argv.slice(2);
const program = fileURLToPath(new URL("../build/src/net/stress/transfer.child.js", import.meta.url));
const mebibytes = (bytes) => Math.round(bytes / 2 ** 20);

installAndBuildTests();
for (const engine of ["uring", "readiness"]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, engine, size], {
    encoding: "utf8",
  });
  if (status === 0) {
    const { bytes, seconds, mostPending, mostResident } = JSON.parse(stdout);
    console.log(
      `${engine}: ${mebibytes(bytes)} MiB each way in ${seconds.toFixed(1)} s; at most ` +
        `${Math.round(mostPending / 1024)} KiB pending, ${mebibytes(mostResident)} MiB resident: well`,
    );
  } else {
    console.log(`${engine}: FAILED\n${stderr}`);
    process.exitCode = 1;
  }
}
