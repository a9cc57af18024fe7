// Explains a path in a directory under each of several modes, and prints the kinds of the causes.
// Runs as an unprivileged user; its arguments are a directory of that user, and the modes.
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { becomeUnprivileged } from "../../test/unprivileged.ts";
import { explain } from "./explain.ts";

const [directory = "", ...modes] = process.argv.slice(2);
becomeUnprivileged();
const kinds = modes.map((mode) => {
  chmodSync(directory, Number.parseInt(mode, 8));
  const { causes } = explain({ family: "unix", path: join(directory, "socket") });
  return causes.map((cause) =>
    cause.kind === "directory-denied" ? `${cause.kind} ${cause.mode}` : cause.kind,
  );
});
chmodSync(directory, 0o700);
console.log(JSON.stringify(kinds));
