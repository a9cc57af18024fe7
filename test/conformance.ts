import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { ErrorSet } from "../src/errors/error-set.ts";
import type { ErrorName } from "../src/errors/names.ts";
import type { Result } from "../src/errors/result.ts";
import type { SocketError } from "../src/errors/socket-error.ts";
import { host } from "../src/system/host.ts";
import { Fixture } from "./fixture.ts";
import { descriptorsAreAsBefore, openDescriptors } from "./open-descriptors.ts";
import { type Exceptions, exceptionHere } from "./platform.ts";
import { type RowRecord, record } from "./record.ts";
import { type Script, type ScriptedSystem, scripted } from "./scripted/scripted.ts";
import { onSimulatedHosts, runSimulated } from "./simulated.ts";
import { simulatedExceptions } from "./simulated-exceptions.ts";

/**
 * One row of a call's conformance table: a clause of a document, how to provoke it, and what must
 * happen.
 */
export type Row = KernelRow | ScriptedRow;

interface Clause {
  /** The clause, in our words. */
  readonly clause: string;
  /** Its source: a POSIX section, a manual page, a Zig tag, a kernel function. */
  readonly source: string;
  /**
   * Where it does not hold, and why: `{ bun: "Bun's fs.closeSync() does not close it" }`; for a
   * feature of one system, `{ windows: "only Linux has it" }`. The row is skipped there, and
   * counted with that reason.
   */
  readonly except?: Exceptions;
}

/** A clause that is tested on this host's kernel. */
export interface KernelRow extends Clause {
  /** Provokes it, and leaves no descriptor open, which is checked. */
  readonly run: (fixture: Fixture) => void | Promise<void>;
}

/**
 * A clause that cannot be provoked on the kernel, or that concerns our calls to it: a scripted
 * System answers instead.
 */
export interface ScriptedRow extends Clause {
  readonly script: Script;
  readonly play: (system: ScriptedSystem) => void | Promise<void>;
}

type Outcome = Pick<RowRecord, "outcome" | "reason" | "platform">;

/** Runs the table of one call, one test per row. `except` lists where none of its rows apply. */
export function conformance(call: string, rows: readonly Row[], except: Exceptions = {}): void {
  for (const row of rows) {
    const { clause, source } = row;
    const system = "script" in row ? "scripted" : "kernel";
    // Scripted rows do not apply to a simulated host.
    if (onSimulatedHosts && system === "scripted") continue;
    const note = (outcome: Outcome) => record({ call, clause, source, system, ...outcome });
    test(`${call}: ${clause} [${source}; ${system}]`, async (context) => {
      try {
        note(
          await outcomeOf(
            { ...row, except: { ...simulatedExceptions(call, clause), ...except, ...row.except } },
            context,
          ),
        );
      } catch (error) {
        note({ outcome: "failed", reason: error instanceof Error ? error.message : String(error) });
        throw error;
      }
    });
  }
}

/** Runs a row, or skips it; throws if the row does not hold. */
async function outcomeOf(row: Row & { readonly except: Exceptions }, context: TestContext): Promise<Outcome> {
  const exception = exceptionHere(row.except);
  if (exception !== undefined) {
    context.skip(exception.reason);
    return { outcome: "skipped", ...exception };
  }
  if ("script" in row) {
    await row.play(scripted(row.script));
    return { outcome: "passed" };
  }
  const before = openDescriptors();
  const fixture = new Fixture(context);
  const run = () => runInFixture(row, fixture);
  await (onSimulatedHosts ? runSimulated(run) : run());
  await descriptorsAreAsBefore(before);
  const { skipped } = fixture;
  return skipped === undefined ? { outcome: "passed" } : { outcome: "skipped", reason: skipped };
}

async function runInFixture(row: KernelRow, fixture: Fixture): Promise<void> {
  try {
    await row.run(fixture);
  } finally {
    await fixture.end();
  }
}

/**
 * A row for every code that maps to one name of the set, on a scripted System that returns it, and
 * one for an undocumented errno. A code that maps to several names depends on the socket, and needs
 * separate rows.
 */
export function documentedErrors<Name extends ErrorName>(
  errors: ErrorSet<Name>,
  call: (system: ScriptedSystem) => Result<unknown, SocketError>,
  script: Script = {},
): ScriptedRow[] {
  const entries = Object.entries<{ codes: readonly string[] }>(errors.entries);
  const countOf = (code: string) => entries.filter(([, { codes }]) => codes.includes(code)).length;
  const rows = entries.flatMap(([name, { codes }]) =>
    codes
      // Codes of other systems are in those systems' own rows.
      .filter((code) => code in errnos && countOf(code) === 1)
      .map((code): ScriptedRow => {
        return {
          ...answering(code),
          clause: `${code} is ${name}`,
          source: "the call's error set",
          play: expects(name, code),
        };
      }),
  );
  const undocumented: ScriptedRow = {
    ...answering("EXFULL"),
    clause: "an undocumented errno is Unexpected, and keeps its code and number",
    source: "Zig unexpectedErrno",
    play: expects("Unexpected", "EXFULL"),
  };
  return [...rows, undocumented];

  function answering(code: string): { script: Script } {
    return { script: { ...script, [errors.syscall]: [-errnoOf(code)] } };
  }

  function expects(name: string, code: string): (system: ScriptedSystem) => void {
    return (system) => {
      const result = call(system);
      assert.ok(!result.ok, `${errors.syscall} succeeded`);
      const { error } = result;
      assert.equal(error.name, name);
      assert.equal(error.code, code);
      assert.equal(error.errno, -errnoOf(code));
      assert.equal(error.syscall, errors.syscall);
      assert.ok(errors.has(error));
    };
  }
}

const { errnos } = scripted({});

/** The number of a C name, on Linux and on the scripted System. */
export function errnoOf(code: string): number {
  const number = errnos[code];
  assert.ok(number !== undefined, `no errno ${code}`);
  return number;
}

/** The number of a C name on this host, as in Node's errors. */
export function errnoHere(code: string): number {
  const number = host.errnos[code];
  assert.ok(number !== undefined, `${host.name} has no errno ${code}`);
  return number;
}

/** Fails unless the result is a failure with this name; returns its error for further checks. */
export function assertFails<Failure extends SocketError>(
  result: Result<unknown, Failure>,
  name: Failure["name"],
  code?: string,
): Failure {
  assert.ok(!result.ok, `expected ${name}, but it succeeded`);
  assert.equal(result.error.name, name, result.error.message);
  if (code !== undefined) assert.equal(result.error.code, code);
  return result.error;
}

/** Fails unless the result is a success; returns its value. */
export function assertOk<Value>(result: Result<Value, SocketError>): Value {
  if (!result.ok) assert.fail(result.error.message);
  return result.value;
}
