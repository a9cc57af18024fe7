// TypeScript with a compiler API, which version 7 does not have yet: the version that builds the
// docs.
import { createRequire } from "node:module";
import { join } from "node:path";
import { install, root } from "./install-and-build.mjs";

const docs = join(root, "docs");
install(docs);

export const ts = createRequire(join(docs, "package.json"))("typescript");
