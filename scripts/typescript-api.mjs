// TypeScript with a compiler API, which version 7 does not have yet: the version that builds the
// docs.
import { createRequire } from "node:module";
import { join } from "node:path";
import { install, root } from "./install-and-build.mjs";

const docs = join(root, "docs");
install(docs);

export const ts = createRequire(join(docs, "package.json"))("typescript");

/** How a program that uses the built package is compiled. */
export const consumerOptions = {
  module: ts.ModuleKind.NodeNext,
  target: ts.ScriptTarget.ES2023,
  types: ["node"],
  typeRoots: [join(root, "node_modules/@types")],
  strict: true,
  noEmit: true,
};
