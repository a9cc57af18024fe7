// Regenerates docs/listen.md from docs/conformance.json, after building the tests. `npm run
// conformance` does the same at its end.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { installAndBuildTests, root } from "./install-and-build.mjs";

installAndBuildTests();
const { listenPage } = await import("../build/test/listen-map.js");
const conformance = JSON.parse(readFileSync(join(root, "docs/conformance.json"), "utf8"));
writeFileSync(join(root, "docs/listen.md"), listenPage(conformance));
