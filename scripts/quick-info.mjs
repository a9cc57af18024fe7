import { join } from "node:path";
import { root } from "./install-and-build.mjs";
import { consumerOptions, ts } from "./typescript-api.mjs";

/**
 * The documentation that an editor shows in a program that imports the built package, by the names
 * of the comments `/*name*` and a slash in it, each just before the identifier that is pointed at.
 */
export function quickInfo(program) {
  const file = join(root, "quick-info.ts");
  const read = (path) => (path === file ? program : ts.sys.readFile(path));
  const service = ts.createLanguageService({
    getScriptFileNames: () => [file],
    getScriptVersion: () => "1",
    getScriptSnapshot: (path) => {
      const text = read(path);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => root,
    getCompilationSettings: () => consumerOptions,
    getDefaultLibFileName: (options) => ts.getDefaultLibFilePath(options),
    fileExists: (path) => path === file || ts.sys.fileExists(path),
    readFile: read,
    directoryExists: ts.sys.directoryExists,
  });
  const said = {};
  for (const { 0: mark, 1: name, index } of program.matchAll(/\/\*(\w+)\*\//g)) {
    const info = service.getQuickInfoAtPosition(file, index + mark.length);
    said[name] = ts.displayPartsToString(info?.documentation ?? []);
  }
  return said;
}
