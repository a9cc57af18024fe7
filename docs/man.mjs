// The manual pages of section 3, one for each call, from its doc comment and its error set.
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { ReflectionKind } from "typedoc";
import { root } from "../scripts/install-and-build.mjs";
import { codesOf, textsOf } from "./calls.mjs";
import { code, display, markdown, text } from "./mdoc.mjs";

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** What a page's foot says that it belongs to. */
export const SYSTEM = `.Os berkeley ${version}`;

/** The pages by their file names. */
export function manualPages(project, errorSets) {
  const calls = project
    .getReflectionsByKind(ReflectionKind.Function)
    .filter((call) => isCall(call.name) && !hasNameOfCall(call));
  const names = calls.map(({ name }) => name);
  return new Map(calls.map((call) => [`${pageName(call.name)}.3`, page(call, names, errorSets)]));
}

/** What has a page: not the second spelling of a call, nor the guard of its error. */
const isCall = (name) => !/^(try|is)[A-Z]/.test(name);

const isFrontDoor = ({ sources = [] }) => sources.some(({ fileName }) => fileName.includes("src/net/"));

/**
 * The front door has a listen() and a connect() too; the pages of these names are those of the
 * calls.
 */
const hasNameOfCall = (call) => isFrontDoor(call) && ["listen", "connect"].includes(call.name);

/** `man berkeley-listen`: under its own name, it would hide the system's. */
const pageName = (call) => `berkeley-${call}`;

function page(call, names, errorSets) {
  const [signature] = call.signatures;
  const second = call.parent.children.find(({ name }) => name === `try${capital(call.name)}`);
  const errors = errorSets.get(call.name);
  const [lead, ...rest] = paragraphs(written(signature.comment.summary));
  const lines = [
    `.Dt ${pageName(call.name).toUpperCase()} 3`,
    SYSTEM,
    ".Sh NAME",
    `.Nm ${pageName(call.name)}`,
    `.Nd ${title(lead)}`,
    ".Sh SYNOPSIS",
    ...synopsis(call.parent.name, signature, second?.signatures[0]),
    ".Sh DESCRIPTION",
    ...markdown([lead, ...rest].join("\n\n")),
    ...parameters(signature),
    ".Sh RETURN VALUES",
    ...returnValue(signature, second),
    ".Sh EXAMPLES",
    ...examples(signature.comment),
    ...errorSection(call, second, errors, signature.comment),
    ...types(signature),
    ".Sh SEE ALSO",
    ...seeAlso(call.name, signature.comment, names),
    ".Sh STANDARDS",
    ...standards(call.name, signature.comment),
  ];
  return `${lines.join("\n")}\n`;
}

/** A comment's text as Markdown; a link to another call is its name. */
function written(parts) {
  return parts
    .map((part) => {
      if (part.kind !== "inline-tag") return part.text;
      const isFunction = typeof part.target === "object" && part.target.kindOf?.(ReflectionKind.Function);
      return `\`${part.text}${isFunction ? "()" : ""}\``;
    })
    .join("");
}

const paragraphs = (markdownText) => markdownText.trim().split(/\n{2,}/);

const capital = (word) => word[0].toUpperCase() + word.slice(1);

/**
 * The first sentence, as NAME has it: without its full stop and what a colon leads to, and not like
 * a sentence's start.
 */
function title(paragraph) {
  const [sentence] = paragraph
    .replaceAll("\n", " ")
    .replaceAll("`", "")
    .split(/(?<=\.) /);
  return text(sentence[0].toLowerCase() + sentence.slice(1).replace(/(: .*|\.)$/, ""));
}

function synopsis(module, signature, second) {
  const names = [signature.name, ...(second === undefined ? [] : [second.name])];
  return [
    ".Bd -literal",
    code(`import { ${names.join(", ")} } from "${module}";`),
    "",
    prototype(signature),
    ...(second === undefined ? [] : ["", prototype(second)]),
    ".Ed",
  ];
}

/** A prototype on one line, or, where it is too long, with a line for each parameter. */
function prototype({ name, typeParameters = [], parameters = [], type }) {
  const generic = typeParameters
    .map(({ name, type }) => (type ? `${name} extends ${type}` : name))
    .join(", ");
  const head = `${name}${generic && `<${generic}>`}`;
  const list = parameters.map((parameter) => `${parameterName(parameter)}: ${typeText(parameter.type)}`);
  const oneLine = `${head}(${list.join(", ")}): ${typeText(type)}`;
  const plain =
    oneLine.length <= 72
      ? oneLine
      : `${head}(\n${list.map((item) => `    ${item},\n`).join("")}): ${typeText(type)}`;
  return parameters.reduce(
    (shown, { name }) => shown.replace(new RegExp(`(?<=[ (])${name}(?=\\??:)`), `\\fI${name}\\fP`),
    code(plain).replace(name, `\\fB${name}\\fP`),
  );
}

const parameterName = ({ name, flags, defaultValue }) =>
  flags.isOptional || defaultValue !== undefined ? `${name}?` : name;

/** A type as a program writes it. */
function typeText(type) {
  return type.type === "reflection" ? "object" : type.toString().replaceAll("<ArrayBufferLike>", "");
}

function parameters({ parameters = [], typeParameters = [] }) {
  const documented = [...typeParameters.filter(({ comment }) => comment !== undefined), ...parameters];
  return [
    ".Pp",
    "The parameters are:",
    ".Bl -tag -width Ds",
    ...documented.flatMap((parameter) => [
      `.It Fa ${parameter.name}`,
      ...markdown(sentence(described(parameter))),
    ]),
    ".El",
  ];
}

/** What the comment says of a parameter, or else its type, which TYPES describes. */
function described({ comment, type }) {
  return comment === undefined ? `\`${typeText(type)}\`: see TYPES` : written(comment.summary);
}

/** A parameter's text, as a sentence. */
function sentence(words) {
  const trimmed = words.trim();
  return capital(trimmed) + (/[.?!…]$/.test(trimmed) ? "" : ".");
}

function returnValue({ name, type, comment }, second) {
  const content = comment.getTag("@returns")?.content;
  const said = content && written(content).trim();
  return [
    `.Fn ${name}`,
    ...(said === undefined
      ? [returned(typeText(type))]
      : markdown(`returns ${describe(said, typeText(type))}`)),
    ...(second === undefined
      ? []
      : [
          `.Fn ${second.name}`,
          "returns \\fB{ ok: true, value }\\fP with the same value,",
          "or \\fB{ ok: false, error }\\fP with the error that",
          `.Fn ${name}`,
          "would throw.",
        ]),
  ];
}

const returned = (type) =>
  type === "void" ? "returns nothing." : `returns a value of type \\fB${code(type)}\\fP.`;

function describe(said, type) {
  const other = type.replace(/ \| undefined$|^undefined \| /, "");
  return sentenceEnd(said.startsWith("undefined") ? `\`${other}\`, or ${said}` : said);
}

const sentenceEnd = (words) => (/[.?!]$/.test(words) ? words : `${words}.`);

function errorSection(call, second, errors, comment) {
  // The first says which errors of its set a call throws: the set itself says more.
  const bad = comment.getTags("@throws").slice(errors === undefined ? 0 : 1);
  const lines = [
    ...(errors === undefined ? [] : errorList(call, second, errors)),
    ...(bad.length === 0 ? [] : [".Pp", ...thrown(leadOf(call, errors), bad)]),
  ];
  return lines.length === 0 ? [] : [".Sh ERRORS", ...(errors === undefined ? lines.slice(1) : lines)];
}

function errorList({ name }, second, { entries }) {
  const codes = (error, entry) =>
    codesOf(error, entry)
      .map((code) => `${code.startsWith("E") ? "Er" : "No"} ${code}`)
      .join(" , ");
  return [
    `.Fn ${name}`,
    `throws a \\fBSocketError\\fP${second === undefined ? ":" : ", and"}`,
    ...(second === undefined ? [] : [`.Fn ${second.name}`, "returns it:"]),
    ".Bl -tag -width Ds",
    ...Object.entries(entries).flatMap(([error, entry]) => [
      `.It Bo ${codes(error, entry)} Bc Sy ${error}`,
      ...errorText(textsOf(entry)),
    ]),
    ".El",
  ];
}

function errorText([always, ...cases]) {
  const items = cases.flatMap((text) => [".It", ...markdown(text)]);
  return [...markdown(always), ...(cases.length === 0 ? [] : [".Bl -bullet -compact", ...items, ".El"])];
}

function withArticle(words) {
  if (words.startsWith("what ")) return words;
  return `${/^[AEIO]/.test(words) ? "an" : "a"} ${words}`;
}

/**
 * What else is thrown: of a call, for bad arguments; a function of the front door makes calls,
 * which fail too.
 */
function leadOf(call, errors) {
  if (!isFrontDoor(call)) return "A bad argument is thrown before any call is made:";
  return errors === undefined ? "It fails with:" : "It also fails with:";
}

function thrown(lead, tags) {
  return [
    lead,
    ".Bl -bullet -compact",
    ...tags.flatMap(({ content }) => [".It", ...markdown(withArticle(sentenceEnd(written(content).trim())))]),
    ".El",
  ];
}

/** The types of ours that a signature names, and those that they name. */
function types(signature) {
  const seen = new Set();
  const lines = [];
  const visit = (type) => {
    type?.visit({
      array: ({ elementType }) => visit(elementType),
      typeOperator: ({ target }) => visit(target),
      union: ({ types }) => types.forEach(visit),
      intersection: ({ types }) => types.forEach(visit),
      tuple: ({ elements }) => elements.forEach(visit),
      reference(reference) {
        reference.typeArguments?.forEach(visit);
        const { reflection } = reference;
        if (
          !reflection?.kindOf?.([ReflectionKind.Interface, ReflectionKind.TypeAlias]) ||
          seen.has(reflection)
        )
          return;
        seen.add(reflection);
        lines.push(...definition(reflection));
        if (reflection.type) visit(reflection.type);
        for (const member of reflection.children ?? []) visit(member.type);
      },
    });
  };
  for (const parameter of [...(signature.typeParameters ?? []), ...(signature.parameters ?? [])])
    visit(parameter.type);
  visit(signature.type);
  return lines.length === 0 ? [] : [".Sh TYPES", ".Bl -tag -width Ds", ...lines, ".El"];
}

/** Whether a program has a name for a type: how an option is encoded is ours. */
function hasName(type) {
  if (type?.type !== "reference") return type?.type !== "reflection";
  return type.reflection !== undefined || type.refersToTypeParameter || type.package !== "berkeley";
}

function definition({ name, type, typeParameters = [], comment, children = [] }) {
  const members = children.filter((member) => member.kindOf(ReflectionKind.Property) && hasName(member.type));
  const generic = typeParameters.map((parameter) => parameter.name).join(", ");
  return [
    `.It Vt ${name}${generic && `<${generic}>`}${type === undefined ? "" : ` No = ${code(typeText(type))}`}`,
    ...markdown(comment === undefined ? "" : written(comment.summary)),
    ...(members.length === 0
      ? []
      : [
          ".Bl -tag -width Ds -compact",
          ...members.flatMap((member) => [
            `.It Fa ${member.name} Ns No ${member.flags.isOptional ? "\\&?: " : "\\&: "}${code(typeText(member.type)).replaceAll('"', "\\(dq")}`,
            ...markdown(member.comment === undefined ? "" : written(member.comment.summary)),
          ]),
          ".El",
        ]),
  ];
}

function examples(comment) {
  return comment.getTags("@example").flatMap(({ content }) => {
    const block = /```ts.*\n([\s\S]*?)```/.exec(written(content));
    return display(block[1].trimEnd());
  });
}

/** The `@see` links, each a name and where it leads; typedoc has made one list of them. */
function links(comment) {
  return comment
    .getTags("@see")
    .flatMap(({ content }) => [...written(content).matchAll(/\[(.+?)\]\((.+?)\)/g)])
    .map(([, name, address]) => ({ name, address }));
}

function standards(call, comment) {
  const posix = links(comment).find(({ name }) => name === "POSIX");
  if (posix === undefined) return [`.Fn ${call}`, "is in no standard."];
  return ["POSIX.1-2017 specifies", `.Fn ${basename(posix.address, ".html")} .`];
}

const addresses = (links) => [
  ".Bd -literal",
  ...links.map(({ name, address }) => code(`${name.padEnd(10)}${address}`)),
  ".Ed",
];

/**
 * The other calls that the comment names, the system's own page, and where else the call is
 * described.
 */
function seeAlso(call, comment, names) {
  const said = written([...comment.summary, ...comment.blockTags.flatMap(({ content }) => content)]);
  const others = names.filter((name) => name !== call && said.includes(`\`${name}()\``));
  const all = links(comment);
  const linux = all.find(({ name }) => name === "Linux");
  const [, name, section] = /\/(\w+)\.(\d)\.html$/.exec(linux?.address ?? "") ?? [];
  const pages = [
    ["berkeley", "1"],
    ...(name === undefined ? [] : [[name, section]]),
    ...others.map((other) => [pageName(other), "3"]),
  ].sort(([a, sectionOfA], [b, sectionOfB]) => sectionOfA - sectionOfB || (a < b ? -1 : 1));
  return [
    ...pages.map(([page, section], index) => `.Xr ${page} ${section}${index < pages.length - 1 ? " ," : ""}`),
    ...(all.length === 0 ? [] : addresses(all)),
  ];
}
