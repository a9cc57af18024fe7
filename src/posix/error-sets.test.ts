import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { scripted } from "../../test/scripted/scripted.ts";
import type { ErrorText } from "../errors/entries.ts";
import { ErrorSet } from "../errors/error-set.ts";
import type { ErrorName } from "../errors/names.ts";
import { SocketError } from "../errors/socket-error.ts";
import { EAI } from "../system/eai.ts";
import { errnos as linuxErrnos } from "../system/linux/errno.ts";
import { errnos as windowsErrnos } from "../system/windows/errno.ts";

/** The errnos of every system that we have a table of, and those of the resolver. */
const errnos = { ...linuxErrnos, ...windowsErrnos, ...EAI };

/** Linux's and FreeBSD's own, and ours. */
const notInPosix = [
  ...["attachFilter", "attachReuseportFilter", "detachFilter"],
  ...["sctp_bindx", "sctp_connectx", "sctp_peeloff"],
  ...["getCloseOnExec", "getNonblocking", "setCloseOnExec", "setNonblocking"],
  ...["ioctl", "recvmmsg", "sendmmsg"],
];

// Rules for every call's error set. Finds sets and sources in the folder, so that new calls are
// included.

interface Call {
  readonly name: string;
  readonly errors: ErrorSet<ErrorName>;
  readonly isError: (error: unknown) => boolean;
  readonly comment: string;
}

const sources = new URL("../../../src/posix/", import.meta.url);
const calls = await Promise.all(
  readdirSync(sources)
    .filter((file) => /^export const \w+Errors = /m.test(readFileSync(new URL(file, sources), "utf8")))
    .map(callIn),
);

async function callIn(file: string): Promise<Call> {
  const exported = Object.entries<unknown>(await import(`./${file.replace(/\.ts$/, ".js")}`));
  const errors = exported.map(([, value]) => value).find((value) => value instanceof ErrorSet);
  const [, isError] = exported.find(([name]) => /^is\w+Error$/.test(name)) ?? [];
  assert.ok(errors !== undefined && typeof isError === "function", file);
  const name = errors.syscall;
  assert.equal(file, `${name}.ts`);
  const source = readFileSync(new URL(file, sources), "utf8");
  const [before = ""] = source.split(`export function ${name}`, 1);
  const comment = before.slice(before.lastIndexOf("/**"));
  return { name, errors, isError: (error) => Reflect.apply(isError, undefined, [error]), comment };
}

/** An error of a set, as a failing call returns it. */
function errorNamed(errors: ErrorSet<ErrorName>, name: ErrorName): SocketError {
  return errors.fail(scripted({}), name).error;
}

const rowsOf = ({ errors }: Call) => Object.entries(errors.entries);
const namesOf = ({ errors }: Call) =>
  Object.keys(errors.entries).filter((row): row is ErrorName => row in errors.entries);

test("covers every call", () => {
  const expected =
    "accept bind close connect getpeername getsockname getsockopt listen poll recv recvfrom send " +
    "sendto setsockopt shutdown sockatmark socket socketpair";
  const found = calls.map(({ name }) => name);
  for (const name of expected.split(" ")) assert.ok(found.includes(name), name);
});

for (const call of calls) {
  const { name, errors, isError, comment } = call;

  test(`${name}: an undocumented errno is Unexpected, which the set includes`, () => {
    assert.ok(namesOf(call).includes("Unexpected"));
    assert.deepEqual(errors.entries.Unexpected.codes, []);
  });

  test(`${name}: the doc comment's first @throws lists the set, in its order`, () => {
    const throws = /@throws ([\s\S]*?)(?=\n \* @)/.exec(comment)?.[1] ?? "";
    const named = [...throws.matchAll(/`(\w+)`/g)].map(([, word]) => word);
    assert.deepEqual(named, namesOf(call));
    assert.match(throws, /^\w+Error named /);
  });

  test(`${name}: the doc comment has an example, and links to POSIX and Linux`, () => {
    assert.match(comment, /\n \* @example\n \* ```ts\n/);
    const posix = new RegExp(`\\[POSIX\\]\\(https://pubs\\.opengroup\\.org/\\S+/${name}\\.html\\)`);
    if (!notInPosix.includes(name)) assert.match(comment, posix);
    assert.match(comment, /\[Linux\]\(https:\/\/man7\.org\/linux\/man-pages\/\S+\.html\)/);
    for (const line of comment.split("\n")) assert.doesNotMatch(line, / \* .*\*$/, "a stray asterisk");
  });

  test(`${name}: the manual page lists its names and their codes`, () => {
    const page = ["connect", "listen"].includes(name) ? `posix-${name}` : name;
    const text = readFileSync(new URL(`../../../man/berkeley-${page}.3`, import.meta.url), "utf8");
    const listed = [...text.matchAll(/^\.It (?:Bo (.*) Bc )?Sy (\w+)$/gm)].map(([, codes = "", row]) => [
      row,
      codes === "No any other"
        ? []
        : codes.split(/[\s,]+/).filter((word) => !["", "Er", "No"].includes(word)),
    ]);
    const own = rowsOf(call).map(([row, { codes, code }]) => [
      row,
      codes.length > 0 || code === undefined ? codes : [code],
    ]);
    assert.deepEqual(own, listed, "npm run man writes the pages anew");
  });

  test(`${name}: messages and advice begin with a capital or a call, and end with a period`, () => {
    for (const [name, row] of rowsOf(call)) {
      const texts: readonly ErrorText[] = [row, ...Object.values(row.cases ?? {})];
      for (const text of texts.flatMap(({ message: sentence, advice }) =>
        advice ? [sentence, advice] : [sentence],
      )) {
        assert.match(text, /^([A-Z`]|\w+\(\))[^\n]*[^.\s]\.$/, `${name}: ${text}`);
      }
    }
  });

  test(`${name}: every code is an errno of some system, and none is EINTR`, () => {
    for (const [row, { codes, code: fallbackCode }] of rowsOf(call)) {
      for (const code of fallbackCode === undefined ? codes : [...codes, fallbackCode]) {
        assert.ok(code in errnos, `${row}: ${code}`);
        assert.notEqual(code, "EINTR", row);
        // The buffers are ours, so their content must be too short.
        if (row !== "InvalidArgument") assert.notEqual(code, "EFAULT", row);
      }
      assert.equal(new Set(codes).size, codes.length, row);
    }
  });

  test(`${name}: every name but Unexpected has a code, or is a check of our own`, () => {
    for (const [row, { codes, code: fallbackCode }] of rowsOf(call)) {
      if (row !== "Unexpected") assert.ok(codes.length > 0 || fallbackCode !== undefined, row);
    }
  });

  test(`${name}: its is…Error accepts every error of the call`, () => {
    for (const row of namesOf(call)) assert.ok(isError(errorNamed(errors, row)), row);
  });

  test(`${name}: its is…Error rejects the errors of other calls and foreign errors`, () => {
    for (const other of calls) {
      if (other.name !== name)
        assert.equal(isError(errorNamed(other.errors, "Unexpected")), false, other.name);
    }
    const init = { message: "", code: "EXFULL", errno: -54, syscall: name };
    const [unknown] = (["BlockedByFirewall", "FileNotFound", "ConnectionAborted"] as const).filter(
      (candidate) => !namesOf(call).includes(candidate),
    );
    assert.ok(unknown !== undefined);
    assert.equal(isError(new SocketError({ ...init, name: unknown })), false, "a name of another set");
    const alike = { ...init, name: "Unexpected" };
    const foreign = [
      null,
      undefined,
      "Unexpected",
      1,
      Symbol(name),
      () => {},
      {},
      alike,
      new Error("Unexpected"),
    ];
    for (const value of [...foreign, Object.assign(new Error(""), alike)])
      assert.equal(isError(value), false);
  });
}
