// Makes the page of a call read like its manual page: typedoc supplies the prototype, the
// parameters and the result; this adds the errors, the conformance table and the source, and puts
// the sections in a manual's order.
import { basename } from "node:path";
import { Comment, CommentTag, Converter, ReferenceType, ReflectionKind, UnionType } from "typedoc";
import { codesOf, conformanceTables, namesIn, sourceOf, textsOf } from "./calls.mjs";
import { memberNames, optionsOf } from "./options.mjs";

const GROUPS = [
  "Calls",
  "Calls, returning a Result",
  "Sockets",
  "Addresses",
  "Options",
  "Constants",
  "Errors",
];

export const groupOrder = [...GROUPS, "*"];

/** Gives error types their names, and modules the names that programs import. */
export function names(app) {
  const writtenTypes = new Map();
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, showErrorType);
  app.converter.on(Converter.EVENT_CREATE_PARAMETER, (context, parameter) => {
    const [declaration] = context.getSymbolFromReflection(parameter)?.declarations ?? [];
    if (declaration?.type !== undefined) writtenTypes.set(parameter, declaration.type.getText());
  });
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const reflection of project.getReflectionsByKind(ReflectionKind.Module)) nameModule(reflection);
    for (const reflection of project.getReflectionsByKind(ReflectionKind.Function))
      nameErrorType(project, reflection);
    const errorTypes = project.getReflectionsByKind(ReflectionKind.TypeAlias).filter(isUnionOfErrors);
    const aliases = new Map(errorTypes.reverse().map((alias) => [alias.type.toString(), alias]));
    for (const reflection of Object.values(project.reflections)) {
      if ("type" in reflection && !errorTypes.includes(reflection))
        reflection.type = named(project, reflection.type, aliases);
    }
    // For a callback's parameter, typedoc keeps the name of the union but not its type argument.
    for (const [parameter, name] of writtenTypes) {
      const alias = errorTypes.find((type) => type.name === name);
      if (alias !== undefined && isUnionOfErrors(parameter))
        parameter.type = ReferenceType.createResolvedReference(name, alias, project);
    }
    for (const alias of errorTypes) spellOut(project, alias);
  });
}

/** Checks that each call's comment names the errors of its set. */
export function checks(errorSets) {
  return (app) => {
    app.converter.on(
      Converter.EVENT_RESOLVE_BEGIN,
      ({ project }) => {
        for (const [reflection, errors] of calls(project, errorSets)) checkNames(app, reflection, errors);
      },
      1,
    );
  };
}

/** Writes the sections of the pages, and groups them. */
export function sections(errorSets) {
  return (app) => {
    app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
      const tables = conformanceTables();
      for (const [reflection, errors] of calls(project, errorSets)) {
        writePage(reflection, errors, tables.get(reflection.name));
      }
      for (const { signatures } of project.getReflectionsByKind(ReflectionKind.Function)) {
        for (const signature of signatures) showOptions(signature);
      }
      for (const reflection of Object.values(project.reflections)) {
        if (reflection.parent?.kindOf(ReflectionKind.Module)) group(reflection);
      }
    });
  };
}

function calls(project, errorSets) {
  return (
    project
      .getReflectionsByKind(ReflectionKind.Function)
      .filter(({ name }) => errorSets.has(name))
      // listen() and connect() of the async API make several calls.
      .filter(({ sources }) => sources?.some(({ fileName }) => fileName.includes("src/posix/")))
      .map((reflection) => [reflection, errorSets.get(reflection.name)])
  );
}

/** The modules' names are what a program imports. */
function nameModule(module) {
  const path = module.name.split("/").filter((folder) => folder !== "src");
  module.name = ["berkeley", ...path].join("/");
}

const isErrorType = (reflection) =>
  reflection.kindOf(ReflectionKind.TypeAlias) && /^[A-Z]\w+Error(Name)?$/.test(reflection.name);

/** `ErrorOf<typeof listenErrors>` means nothing to a reader: show the union itself. */
function showErrorType(_context, reflection) {
  if (!isErrorType(reflection)) return;
  reflection.comment ??= new Comment(linked(errorTypeText(reflection)));
  reflection.comment.modifierTags.add("@useDeclaredType");
}

function errorTypeText(reflection) {
  const { name } = reflection;
  if (name.endsWith("Name")) return `The names of the members of {@link ${name.slice(0, -"Name".length)}}.`;
  const call = basename(fileOf(reflection), ".ts");
  return `The errors that {@link ${call}} throws and its \`try\` spelling returns: switch on the \`name\`.`;
}

/** The compiler spells out ListenError in `isListenError()` and `tryListen()`: restore its name. */
function nameErrorType(project, reflection) {
  const type = reflection.parent.children.find(
    (other) => isErrorType(other) && !other.name.endsWith("Name") && fileOf(other) === fileOf(reflection),
  );
  if (type === undefined) return;
  const reference = ReferenceType.createResolvedReference(type.name, type, project);
  for (const { type } of reflection.signatures) {
    if (type.type === "predicate") type.targetType = reference;
    if (type.type === "reference" && type.name === "Result") type.typeArguments[1] = reference;
  }
}

/** The file of a declaration. */
function fileOf({ sources, signatures }) {
  return (sources ?? signatures?.[0]?.sources)?.[0]?.fullFileName ?? "";
}

function isUnionOfErrors({ type }) {
  return type?.type === "reference" && type.name === "ErrorUnion";
}

/** A type in which unions of errors have their exported names. */
function named(project, type, aliases) {
  if (type?.type === "union") type.types = type.types.map((member) => named(project, member, aliases));
  if (type?.type !== "reference") return type;
  const alias = isUnionOfErrors({ type }) ? aliases.get(type.toString()) : undefined;
  if (alias !== undefined) return ReferenceType.createResolvedReference(alias.name, alias, project);
  type.typeArguments = type.typeArguments?.map((argument) => named(project, argument, aliases));
  return type;
}

/** ErrorUnion<"A" | "B"> is SocketError<"A"> | SocketError<"B">. */
function spellOut(project, reflection) {
  const { type } = reflection;
  const [socketError] = project
    .getReflectionsByKind(ReflectionKind.Class)
    .filter(({ name }) => name === "SocketError");
  const [names] = type.typeArguments;
  const members = names.types.map((name) => {
    const member = ReferenceType.createResolvedReference("SocketError", socketError, project);
    member.typeArguments = [name];
    return member;
  });
  reflection.type = new UnionType(members);
}

function writePage(reflection, errors, table) {
  const [{ comment, sources }] = reflection.signatures;
  const tags = (name) => comment.blockTags.filter(({ tag }) => tag === name);
  const [, ...bad] = tags("@throws");
  const [source] = sources;
  comment.blockTags = [
    ...tags("@param"),
    ...tags("@typeParam"),
    ...tags("@returns"),
    section("Possible errors", errorTable(errors)),
    ...(bad.length > 0 ? [section("Bad arguments", "Before any call is made:\n\n", ...list(bad))] : []),
    ...(table === undefined ? [] : [section("Conformance", conformanceTable(table))]),
    ...tags("@example"),
    section("See also", ...list(tags("@see"))),
    section("Source", `\`\`\`ts\n${sourceOf(source.fullFileName, reflection.name)}\n\`\`\``),
  ];
}

/** Shows the options and handlers of a function on its own page. */
function showOptions({ parameters = [], comment }) {
  for (const parameter of parameters) {
    const options = optionsOf(parameter);
    if (options === undefined || comment === undefined) continue;
    const title = parameter.name[0].toUpperCase() + parameter.name.slice(1);
    const forms = options.types.map((type) => [
      ...linked(
        `- {@link ${type.name}}: ${memberNames(type)
          .map((name) => `\`${name}\``)
          .join(", ")}\n`,
      ),
    ]);
    const members = options.members.flatMap(({ name, isOptional, signature, type, comment }) => [
      { kind: "text", text: `\n- \`${name}${isOptional ? "?" : ""}: ${shownType(signature, type)}\` — ` },
      ...inItem(comment?.summary ?? []),
    ]);
    const tag = section(title, ...(forms.length > 1 ? [...forms.flat(), "\n\n<!-- -->\n"] : []), ...members);
    const example = comment.blockTags.findIndex(({ tag }) => tag === "@example" || tag === "@throws");
    comment.blockTags.splice(example === -1 ? comment.blockTags.length : example, 0, tag);
  }
}

function shownType(signature, type) {
  const [call] = signature
    ? [signature]
    : type?.type === "reflection"
      ? (type.declaration.signatures ?? [])
      : [];
  if (call === undefined) return `${type}`.replaceAll("<ArrayBufferLike>", "");
  const list = (call.parameters ?? []).map(({ name, type }) => `${name}: ${type}`).join(", ");
  return `(${list}) => ${call.type}`;
}

/** The parts of a comment, indented for an item of a list. */
function inItem(parts) {
  return parts.map((part) => ({ ...part, text: part.text.replaceAll("\n", "\n  ") }));
}

/** Checks that a comment's list of thrown errors equals the call's error set. */
function checkNames(app, reflection, errors) {
  const tag = reflection.signatures[0].comment?.getTag("@throws");
  const said = namesIn(tag?.content.map(({ text }) => text).join("") ?? "");
  const has = Object.keys(errors.entries);
  const wrong = [
    ...has.filter((name) => !said.includes(name)).map((name) => `does not name ${name}`),
    ...said
      .filter((name) => !has.includes(name))
      .map((name) => `names ${name}, which is not in ${reflection.name}Errors`),
  ];
  for (const what of wrong) app.logger.warn(`the doc comment of ${reflection.name}() ${what}`);
}

function errorTable(errors) {
  const rows = Object.entries(errors.entries).map(([name, entry]) => {
    const codes = codesOf(name, entry).join(", ");
    return `| \`${name}\` | ${codes} | ${textsOf(entry).join("<br>")} |`;
  });
  return ["| Name | Code | Meaning |", "| --- | --- | --- |", ...rows].join("\n");
}

function conformanceTable({ file, rows }) {
  const cell = (text) => text.replace(/[|<>[\]*_`]/g, "\\$&");
  return [
    `Each clause is a test of \`${file}\`, run on the kernel or, if the kernel cannot be made to do it, on a scripted system.`,
    "",
    "| Clause | From | On |",
    "| --- | --- | --- |",
    ...rows.map(({ clause, source, on }) => `| ${cell(clause)} | ${cell(source)} | ${on} |`),
  ].join("\n");
}

/** The place of an entry on the index page. */
function group(reflection) {
  const name = groupOf(reflection);
  if (name === undefined) return;
  reflection.comment ??= new Comment();
  const tag = new CommentTag("@group", [{ kind: "text", text: name }]);
  (reflection.signatures?.[0]?.comment ?? reflection.comment).blockTags.push(tag);
}

/** Files that declare constants, and the types of their groups. */
const CONSTANTS =
  /\/src\/(posix|system)\/([\w-]*constants|address-families|ether-types|option-levels|protocols)\.ts$/;

function groupOf(reflection) {
  const { name } = reflection;
  const file = fileOf(reflection);
  if (/^(SocketError|Result|ErrorName|is[A-Z]\w*Error|[A-Z]\w+Error(Name)?)$/.test(name)) return "Errors";
  if (reflection.kindOf(ReflectionKind.Function)) return /^try[A-Z]/.test(name) ? GROUPS[1] : GROUPS[0];
  if (file.includes("/src/address/")) return "Addresses";
  if (file.includes("/src/options/")) return "Options";
  if (CONSTANTS.test(file)) return "Constants";
  return reflection.kindOf(ReflectionKind.Reference) ? undefined : "Sockets";
}

/** A section of the page with its own heading, built from texts and parts of comments. */
function section(title, ...parts) {
  return new CommentTag(
    `@${title}`,
    parts.map((part) => (typeof part === "string" ? { kind: "text", text: part } : part)),
  );
}

/** A list of the contents of several tags. */
function list(tags) {
  return tags.flatMap(({ content }) => ["- ", ...content, "\n"]);
}

/** Text with {@link …}s, to be resolved like those of a comment. */
function linked(text) {
  return text.split(/(\{@link \w+\})/).map((part) => {
    const name = /^\{@link (\w+)\}$/.exec(part)?.[1];
    if (name === undefined) return { kind: "text", text: part };
    return { kind: "inline-tag", tag: "@link", text: name };
  });
}
