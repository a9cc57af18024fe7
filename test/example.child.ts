import { openDescriptors } from "./open-descriptors.ts";

// Loaded before an example: fails if the example leaves a socket open.
const before = openDescriptors();
process.on("exit", () => {
  const left = openDescriptors().filter((descriptor) => !before.includes(descriptor));
  if (left.length === 0) return;
  console.error(`sockets were left open: ${left.join(", ")}`);
  process.exitCode = 1;
});
