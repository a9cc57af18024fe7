// The manual pages of section 3, one for each call, from its doc comment and its error set.
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { ReflectionKind } from "typedoc";
import { root } from "../scripts/install-and-build.mjs";
import { codesOf, textsOf } from "./calls.mjs";
import { code, display, markdown, text } from "./mdoc.mjs";
import { memberNames, optionsOf } from "./options.mjs";

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** The page's footer: the package that it belongs to. */
export const SYSTEM = `.Os berkeley ${version}`;

/** The pages by file name. */
export function manualPages(project, errorSets) {
  const calls = project.getReflectionsByKind(ReflectionKind.Function).filter(({ name }) => isCall(name));
  return new Map(calls.map((call) => [`${pageName(call, calls)}.3`, page(call, calls, errorSets)]));
}

/** Whether a function has a page: not the second spelling of a call, nor the guard of its error. */
const isCall = (name) => !/^(try|is)[A-Z]/.test(name);

const isAsyncApi = ({ sources = [] }) => sources.some(({ fileName }) => fileName.includes("src/net/"));

/** The other function of this name: listen() of the async API and listen() of berkeley/posix. */
const namesake = (call, calls) => calls.find((other) => other !== call && other.name === call.name);

/**
 * `man berkeley-bind`: under its own name, the page would hide the system's. If the async API has a
 * function of the same name, the call's page is berkeley-posix-listen.
 */
function pageName(call, calls) {
  const isShadowed = !isAsyncApi(call) && namesake(call, calls) !== undefined;
  return isShadowed ? `berkeley-posix-${call.name}` : `berkeley-${call.name}`;
}

function page(call, calls, errorSets) {
  const { signatures } = call;
  const [signature] = signatures;
  const isPosix = !isAsyncApi(call);
  const second = isPosix
    ? call.parent.children.find(({ name }) => name === `try${capital(call.name)}`)
    : undefined;
  // The error set of the name is the call's, except for handOver() and the like.
  const isOwnSet = isPosix || namesake(call, calls) === undefined;
  const errors = isOwnSet ? errorSets.get(call.name) : undefined;
  const [lead, ...rest] = signatures.flatMap(({ comment }) => paragraphs(written(comment.summary)));
  const name = pageName(call, calls);
  const options = optionLists(signatures);
  const lines = [
    `.Dt ${name.toUpperCase()} 3`,
    SYSTEM,
    ".Sh NAME",
    `.Nm ${name}`,
    `.Nd ${title(lead)}`,
    ".Sh SYNOPSIS",
    ...synopsis(call.parent.name, signatures, second?.signatures[0]),
    ".Sh DESCRIPTION",
    ...markdown([lead, ...rest].join("\n\n")),
    ...parameters(signatures, options),
    ...options.flatMap(optionSection),
    ".Sh RETURN VALUES",
    ...returnValues(signatures, second),
    ".Sh EXAMPLES",
    ...signatures.flatMap(({ comment }) => examples(comment)),
    ...errorSection(call, second, errors, signature.comment),
    ...types(signatures, options),
    ".Sh SEE ALSO",
    ...seeAlso(call, calls),
    ".Sh STANDARDS",
    ...standards(call, signature.comment),
  ];
  return `${lines.join("\n")}\n`;
}

/** The options and handlers of a function, each under the name of its parameter. */
function optionLists(signatures) {
  const lists = new Map();
  for (const parameter of signatures.flatMap(({ parameters = [] }) => parameters)) {
    const options = lists.has(parameter.name) ? undefined : optionsOf(parameter);
    if (options !== undefined) lists.set(parameter.name, { name: parameter.name, ...options });
  }
  return [...lists.values()];
}

function optionSection({ name, types, members }) {
  const forms = types.flatMap((type) => [
    `.It Vt ${type.name}`,
    ...markdown(written(type.comment?.summary ?? [])),
    "It has",
    ...listed(memberNames(type).map((member) => `\\fI${member}\\fP`)),
  ]);
  return [
    `.Sh ${name.toUpperCase()}`,
    ...(types.length > 1
      ? [
          `The ${name} are of one of these types:`,
          ".Bl -tag -width Ds",
          ...forms,
          ".El",
          ".Pp",
          "The members, ordered by name:",
        ]
      : markdown(written(types[0].comment?.summary ?? []))),
    ".Bl -tag -width Ds",
    ...members.flatMap(({ name, isOptional, type, signature, comment }) => [
      `.It Fa ${name} Ns No ${isOptional ? "\\&?: " : "\\&: "}${macroText(signature === undefined ? typeText(type) : functionText(signature))}`,
      ...markdown(comment === undefined ? "" : written(comment.summary)),
      ...(signature?.parameters ?? [])
        .filter((parameter) => parameter.comment !== undefined)
        .flatMap((parameter) => [
          ".Pp",
          ...markdown(`\`${parameter.name}\`: ${sentenceEnd(written(parameter.comment.summary).trim())}`),
        ]),
    ]),
    ".El",
  ];
}

function listed(items) {
  return items.map((item, index) => `${item}${index === items.length - 1 ? "." : ","}`);
}

function functionText({ parameters = [], type }) {
  return `(${parameters.map(({ name, type }) => `${name}: ${typeText(type)}`).join(", ")}) => ${typeText(type)}`;
}

/** Code as an argument of a macro. */
function macroText(text) {
  return code(text).replaceAll('"', "\\(dq");
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
 * The first sentence as a fragment for NAME: without its full stop or anything after a colon, and
 * not capitalized.
 */
function title(paragraph) {
  const [sentence] = paragraph
    .replaceAll("\n", " ")
    .replaceAll("`", "")
    .split(/(?<=\.) /);
  return text(sentence[0].toLowerCase() + sentence.slice(1).replace(/(: .*|\.)$/, ""));
}

function synopsis(module, signatures, second) {
  const names = [signatures[0].name, ...(second === undefined ? [] : [second.name])];
  const prototypes = [...signatures, ...(second === undefined ? [] : [second])].map(prototype);
  return [
    ".Bd -literal",
    code(`import { ${names.join(", ")} } from "${module}";`),
    "",
    ...prototypes.flatMap((text, index) => (index === 0 ? [text] : ["", text])),
    ".Ed",
  ];
}

/** A prototype on one line or, if that is too long, one line for each parameter. */
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
    (shown, { name }) => shown.replace(new RegExp(`(?<=[ (]|\\.{3})${name}(?=\\??:)`), `\\fI${name}\\fP`),
    code(plain).replace(name, `\\fB${name}\\fP`),
  );
}

const parameterName = ({ name, flags, defaultValue }) => {
  if (flags.isRest) return `...${name}`;
  return flags.isOptional || defaultValue !== undefined ? `${name}?` : name;
};

/** A type as a program writes it. */
function typeText(type) {
  const [signature] = type.type === "reflection" ? (type.declaration.signatures ?? []) : [];
  if (signature !== undefined) return functionText(signature);
  return type.type === "reflection" ? "object" : type.toString().replaceAll("<ArrayBufferLike>", "");
}

function parameters(signatures, options) {
  const all = signatures.flatMap(({ typeParameters = [], parameters = [] }) => [
    ...typeParameters.filter(({ comment }) => comment !== undefined),
    ...parameters,
  ]);
  const documented = all.filter(({ name }, index) => all.findIndex((other) => other.name === name) === index);
  return [
    ".Pp",
    "The parameters are:",
    ".Bl -tag -width Ds",
    ...documented.flatMap((parameter) => [
      `.It Fa ${parameter.name}`,
      ...markdown(sentence(described(parameter, options))),
    ]),
    ".El",
  ];
}

/** The comment's text for a parameter, or else its type, which TYPES describes. */
function described({ name, comment, type }, options) {
  const section = options.find((option) => option.name === name);
  if (section !== undefined) return `\`${typeText(type)}\`: see ${name.toUpperCase()}`;
  return comment === undefined ? `\`${typeText(type)}\`: see TYPES` : written(comment.summary);
}

/** A parameter's text, as a sentence. */
function sentence(words) {
  const trimmed = words.trim();
  return capital(trimmed) + (/[.?!…]$/.test(trimmed) ? "" : ".");
}

function returnValues(signatures, second) {
  if (signatures.length === 1) return returnValue(signatures[0], second);
  return signatures.flatMap(({ name, parameters, type }) => [
    `.Fn ${name} ${parameters.map((parameter) => parameter.name).join(" ")}`,
    returned(typeText(type)),
  ]);
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
  if (/^(what|the) /.test(words)) return words;
  return `${/^[AEIO]/.test(words) ? "an" : "a"} ${words}`;
}

/**
 * A call also throws for bad arguments; a function of the async API makes several calls, any of
 * which may fail.
 */
function leadOf(call, errors) {
  if (!isAsyncApi(call)) return "A bad argument is thrown before any call is made:";
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

/** Our types that a signature names, and those that they name. */
function types(signatures, options) {
  const shown = new Set(options.flatMap(({ types, aliases }) => [...types, ...aliases]));
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
        if (!shown.has(reflection)) lines.push(...definition(reflection));
        if (reflection.type) visit(reflection.type);
        for (const member of reflection.children ?? []) visit(member.type);
      },
    });
  };
  for (const { typeParameters = [], parameters = [], type } of signatures) {
    for (const parameter of [...typeParameters, ...parameters]) visit(parameter.type);
    visit(type);
  }
  return lines.length === 0 ? [] : [".Sh TYPES", ".Bl -tag -width Ds", ...lines, ".El"];
}

/** Whether programs can name a type: the encoding of options is internal. */
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
            `.It Fa ${member.name} Ns No ${member.flags.isOptional ? "\\&?: " : "\\&: "}${macroText(typeText(member.type))}`,
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
  if (posix === undefined) return [`.Fn ${call.name}`, "is in no standard."];
  return ["POSIX.1-2017 specifies", `.Fn ${basename(posix.address, ".html")} .`];
}

const addresses = (links) => [
  ".Bd -literal",
  ...links.map(({ name, address }) => code(`${name.padEnd(10)}${address}`)),
  ".Ed",
];

/**
 * The other calls that the comment names, the system's own page, and further descriptions of the
 * call.
 */
function seeAlso(call, calls) {
  const comments = call.signatures.map(({ comment }) => comment);
  const said = comments.map(({ summary, blockTags }) =>
    written([...summary, ...blockTags.flatMap(({ content }) => content)]),
  );
  const others = calls.filter(
    (other) =>
      other.name !== call.name &&
      said.some((text) => text.includes(`\`${other.name}()\``)) &&
      !isHidden(other, call, calls),
  );
  const twin = namesake(call, calls);
  const all = comments.flatMap(links);
  const linux = all.find(({ name }) => name === "Linux");
  const [, name, section] = /\/(\w+)\.(\d)\.html$/.exec(linux?.address ?? "") ?? [];
  const pages = [
    ["berkeley", "1"],
    ...(name === undefined ? [] : [[name, section]]),
    ...[...others, ...(twin === undefined ? [] : [twin])].map((other) => [pageName(other, calls), "3"]),
  ].sort(([a, sectionOfA], [b, sectionOfB]) => sectionOfA - sectionOfB || (a < b ? -1 : 1));
  return [
    ...pages.map(([page, section], index) => `.Xr ${page} ${section}${index < pages.length - 1 ? " ," : ""}`),
    ...(all.length === 0 ? [] : addresses(all)),
  ];
}

/** If two functions share a name, a comment means the one in its own module. */
function isHidden(other, call, calls) {
  const twin = namesake(other, calls);
  return twin !== undefined && twin.parent === call.parent;
}
