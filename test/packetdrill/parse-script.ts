import { parseExpression } from "./parse-expression.ts";
import { parsePacket } from "./parse-packet.ts";
import type { Action, EventTime, Script, ScriptEvent, ScriptOption, ShellLines } from "./script.ts";
import { TokenReader } from "./token-reader.ts";
import { tokens } from "./tokens.ts";

/** Parses a script; throws a ScriptError with the line that it cannot read. */
export function parseScript(path: string, text: string): Script {
  const reader = new TokenReader(tokens(text));
  const options: ScriptOption[] = [];
  for (let option = reader.take("option"); option !== undefined; option = reader.take("option")) {
    options.push({ name: option.text, value: option.value, line: option.line });
  }
  const setUp = shellLines(reader);
  const events: ScriptEvent[] = [];
  let cleanUp: ShellLines | undefined;
  while (reader.peek().kind !== "end") {
    cleanUp = shellLines(reader);
    if (cleanUp !== undefined) break;
    events.push(event(reader));
  }
  if (reader.peek().kind !== "end") reader.fail("expected the end of the script after its last shell lines");
  return { path, options, setUp, events, cleanUp };
}

function shellLines(reader: TokenReader): ShellLines | undefined {
  const shell = reader.take("shell");
  return shell === undefined ? undefined : { kind: "shell", text: shell.text, line: shell.line };
}

function event(reader: TokenReader): ScriptEvent {
  const { line } = reader.peek();
  const time = eventTime(reader);
  const action = parseAction(reader, time);
  const outbound = action.kind === "packet" && action.direction === "out";
  if (!outbound && (time.kind === "any" || time.to !== undefined)) {
    reader.fail("only a packet that the host sends (>) may come at any time (*) or within a range (~)", line);
  }
  return { line, time, action };
}

function eventTime(reader: TokenReader): EventTime {
  if (reader.takeSign("*")) return { kind: "any" };
  const relative = reader.takeSign("+");
  const from = microseconds(reader);
  let to: number | undefined;
  if (reader.takeSign("~")) {
    if (relative) reader.expectSign("+");
    to = microseconds(reader);
    if (to < from) reader.fail("the range of time is backwards");
  }
  return { kind: relative ? "relative" : "absolute", from, to };
}

function microseconds(reader: TokenReader): number {
  const time = reader.take("float") ?? reader.take("integer");
  if (time === undefined || time.value < 0) return reader.fail("expected a time in seconds");
  return Math.round(time.value * 1_000_000);
}

function parseAction(reader: TokenReader, time: EventTime): Action {
  const next = reader.peek();
  if (next.kind === "code") {
    reader.next();
    return { kind: "code", text: next.text };
  }
  const shell = shellLines(reader);
  if (shell !== undefined) return shell;
  if (reader.takeSign("<")) return parsePacket(reader, "in");
  if (reader.takeSign(">")) return parsePacket(reader, "out");
  return systemCall(reader, time);
}

function systemCall(reader: TokenReader, time: EventTime): Action {
  let returnsAt: number | undefined;
  if (reader.takeSign("...")) returnsAt = microseconds(reader);
  if (returnsAt !== undefined && time.kind === "any") reader.fail("a call cannot start at any time (*)");
  const name = reader.take("word")?.text ?? reader.fail("expected a packet (< or >) or a system call");
  const list = [];
  reader.expectSign("(");
  if (!reader.takeSign(")")) {
    do list.push(parseExpression(reader));
    while (reader.takeSign(","));
    reader.expectSign(")");
  }
  reader.expectSign("=");
  const result = parseExpression(reader);
  const errno = reader.take("word")?.text;
  note(reader);
  return { kind: "call", name, arguments: list, result, errno, returnsAt };
}

/**
 * What an errno means, or the flags of F_GETFL: `(Operation now in progress)`. For readers only.
 */
function note(reader: TokenReader): void {
  while (reader.takeSign("(")) {
    while (!reader.takeSign(")")) {
      if (reader.next().kind === "end") reader.fail("( is never closed");
    }
  }
}
