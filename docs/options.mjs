// The members of a function's options and handlers, which its page shows in full.
import { ReflectionKind } from "typedoc";

/**
 * The options or handlers of a parameter: its `types`, one for each of their forms, and the
 * `members` of all of them, each once. Undefined for other parameters.
 */
export function optionsOf({ name, type }) {
  if (name !== "options" && name !== "handlers") return undefined;
  const aliases = new Set();
  const types = interfacesOf(type, aliases);
  const members = new Map();
  for (const { children = [] } of types) {
    for (const child of children.filter((member) => !isExcluded(member))) {
      if (!members.has(child.name)) members.set(child.name, member(child));
    }
  }
  if (members.size === 0) return undefined;
  const sorted = [...members.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { types, aliases, members: sorted };
}

/** The names of the options in one of the forms: ListenOnPath has `path` and `backlog`. */
export function memberNames({ children = [] }) {
  return children.filter((child) => !isExcluded(child)).map(({ name }) => name);
}

function interfacesOf(type, aliases) {
  if (type?.type === "union" || type?.type === "intersection")
    return type.types.flatMap((part) => interfacesOf(part, aliases));
  if (type?.type === "reflection") return [type.declaration];
  const reflection = type?.type === "reference" ? type.reflection : undefined;
  if (reflection?.kindOf?.(ReflectionKind.Interface)) return [reflection];
  if (!reflection?.kindOf?.(ReflectionKind.TypeAlias)) return [];
  aliases.add(reflection);
  return interfacesOf(reflection.type, aliases);
}

/** `path?: undefined` says that an option belongs to another form. */
function isExcluded({ type }) {
  return type?.type === "intrinsic" && type.name === "undefined";
}

function member(child) {
  const [signature] = child.signatures ?? [];
  return {
    name: child.name,
    isOptional: child.flags.isOptional,
    signature,
    type: child.type,
    comment: signature?.comment ?? child.comment,
  };
}
