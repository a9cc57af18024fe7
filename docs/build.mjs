// Writes documentation from the doc comments, by argument: `html`, the API reference in docs/api,
// whose warnings are errors; `man`, the manual pages in man/; `man --check` fails if those are
// stale.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Application } from "typedoc";
import { root } from "../scripts/install-and-build.mjs";
import { errorSets } from "./calls.mjs";
import { manualPages, SYSTEM } from "./man.mjs";
import { checks, groupOrder, names, sections } from "./plugin.mjs";

const [what, ...flags] = process.argv.slice(2);
const sets = await errorSets();
const app = await Application.bootstrapWithPlugins({
  name: "berkeley",
  entryPoints: [
    join(root, "src/posix/index.ts"),
    join(root, "src/diagnose/index.ts"),
    join(root, "src/index.ts"),
  ],
  tsconfig: join(root, "docs/tsconfig.json"),
  basePath: root,
  readme: join(root, "README.md"),
  customCss: join(root, "docs/style.css"),
  navigation: { includeGroups: true },
  logLevel: "Warn",
  // Every page with sources lies one folder deep in docs/api.
  disableGit: true,
  sourceLinkTemplate: "../../../{path}",
  excludeInternal: true,
  excludePrivate: true,
  groupOrder,
  validation: { notExported: true, invalidLink: true, notDocumented: true },
  // Types that a program never names: the interface to the system, and the encoding of options.
  intentionallyNotExported: [
    "System",
    "OptionNumber",
    "QueryCodec",
    "ReadCodec",
    "WriteCodec",
    "SocketErrorInit",
    "FileNumber",
  ],
  // Node documents what ConnectionDuplex inherits from node:stream.
  externalSymbolLinkMappings: { "@types/node": { "*": "https://nodejs.org/api/stream.html" } },
  requiredToBeDocumented: ["Class", "Function", "Interface", "Method", "TypeAlias", "Variable"],
  plugin: [names, checks(sets), ...(what === "html" ? [sections(sets)] : [])],
});
const project = await app.convert();
if (project === undefined) process.exit(1);
// The page has the project's name as its title already.
project.readme = project.readme?.map((part, index) =>
  index === 0 ? { ...part, text: part.text.replace(/^# .*\n+/, "") } : part,
);
app.validate(project);
if (what === "html") await app.generateDocs(project, join(root, "docs/api"));
else man(manualPages(project, sets));
if (what === "html") console.log(`The pages are in docs/api: open ${join(root, "docs/api/index.html")}`);
if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exit(1);

function man(pages) {
  const folder = join(root, "man");
  mkdirSync(folder, { recursive: true });
  // The page of the command is written by hand, except for the version.
  const command = "berkeley.1";
  pages.set(command, undated(read(command)).replace(/^\.Os.*$/m, SYSTEM));
  const present = readdirSync(folder);
  const stale = [...pages].filter(([file, page]) => !present.includes(file) || undated(read(file)) !== page);
  const left = present.filter((file) => !pages.has(file));
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  // npm installs the pages in this list.
  const list = [command, ...[...pages.keys()].filter((file) => file !== command).sort()].map(
    (file) => `./man/${file}`,
  );
  const unlisted = JSON.stringify(manifest.man) !== JSON.stringify(list);
  if (flags.includes("--check")) {
    if (unlisted) app.logger.error("`man` in package.json does not list the pages: npm run man");
    for (const file of [...stale.map(([file]) => file), ...left])
      app.logger.error(`man/${file} is stale: npm run man`);
    return;
  }
  for (const [file, page] of stale) writeFileSync(join(folder, file), `.Dd ${today()}\n${page}`);
  for (const file of left) rmSync(join(folder, file));
  if (unlisted) {
    writeFileSync(join(root, "package.json"), `${JSON.stringify({ ...manifest, man: list }, null, 2)}\n`);
  }

  function read(file) {
    return readFileSync(join(folder, file), "utf8");
  }
}

/** A page without its date, which is the day of its last change. */
function undated(page) {
  return page.replace(/^\.Dd .*\n/, "");
}

function today() {
  return new Date().toLocaleDateString("en-US", { dateStyle: "long", timeZone: "UTC" });
}
