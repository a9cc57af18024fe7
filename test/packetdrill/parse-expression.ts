import type { Expression } from "./script.ts";
import type { TokenReader } from "./token-reader.ts";

/** An argument or result of a system call. */
export function parseExpression(reader: TokenReader): Expression {
  const first = operand(reader);
  if (!reader.takeSign("|")) return first;
  const operands = [first];
  do operands.push(operand(reader));
  while (reader.takeSign("|"));
  return { kind: "or", operands };
}

function operand(reader: TokenReader): Expression {
  if (reader.takeSign("...")) return { kind: "ellipsis" };
  if (reader.takeSign("[")) return { kind: "list", items: items(reader, "]") };
  if (reader.takeSign("{")) return braces(reader);
  const token = reader.next();
  if (token.kind === "integer") return { kind: "integer", value: token.value };
  if (token.kind === "string") {
    let { text } = token;
    for (let more = reader.take("string"); more !== undefined; more = reader.take("string"))
      text += more.text;
    return { kind: "string", text, elided: reader.takeSign("...") };
  }
  if (token.kind !== "word") return reader.fail("expected a value");
  if (reader.peek().text === "(" && FUNCTIONS.has(token.text)) {
    reader.next();
    return { kind: "call", name: token.text, arguments: items(reader, ")") };
  }
  return { kind: "word", name: token.text };
}

/**
 * Everything else before a parenthesis is a word with a note: `EPERM (Operation not permitted)`.
 */
const FUNCTIONS = new Set(["htons", "inet_addr", "inet6_addr"]);

function items(reader: TokenReader, end: string): Expression[] {
  const list: Expression[] = [];
  if (reader.takeSign(end)) return list;
  do list.push(parseExpression(reader));
  while (reader.takeSign(","));
  reader.expectSign(end);
  return list;
}

/** A structure by the names of its fields, or by their order: `{..., 1000}` is an iovec. */
function braces(reader: TokenReader): Expression {
  if (reader.peek().kind !== "word") return { kind: "list", items: items(reader, "}") };
  const fields = new Map<string, Expression>();
  const positional: Expression[] = [];
  do {
    const name = reader.peek();
    const sized = reader.peek(1).text === "(" && !FUNCTIONS.has(name.text);
    if (reader.peek(1).text !== "=" && !sized) {
      positional.push(parseExpression(reader));
      continue;
    }
    reader.next();
    if (reader.takeSign("(")) while (!reader.takeSign(")")) reader.next();
    reader.expectSign("=");
    fields.set(name.text, parseExpression(reader));
  } while (reader.takeSign(","));
  reader.expectSign("}");
  return positional.length > 0 ? { kind: "list", items: positional } : { kind: "fields", fields };
}
