// Mutations that no test can tell from the original, each with the reason.
const equivalents = [];

/** The reason why a mutation changes nothing; undefined for any other. */
export function equivalentTo({ source, code, original, text }) {
  return equivalents.find(
    (each) =>
      each.source === source && each.code === code && each.original === original && each.text === text,
  )?.why;
}
