// node scripts/docs.mjs html writes the API reference, `man` the manual pages; docs/ is a separate
// package.
import { join } from "node:path";
import { install, installAndBuild, root, run } from "./install-and-build.mjs";

installAndBuild();
install(join(root, "docs"));
run(process.execPath, [join(root, "docs/build.mjs"), ...process.argv.slice(2)]);
