// Regenerates docs/names.md from docs/names.json, after building the tests, and says which names in
// it berkeley does not have.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { installAndBuildTests, root } from "./install-and-build.mjs";

installAndBuildTests();
const { namesPage, peers, unknownNames } = await import("../build/test/peer-names.js");
writeFileSync(join(root, "docs/names.md"), namesPage(peers));
const unknown = unknownNames(peers);
for (const name of unknown) console.error(name);
process.exitCode = unknown.length === 0 ? 0 : 1;
