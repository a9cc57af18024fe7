import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { inspect } from "node:util";
import { SocketError } from "../src/errors/socket-error.ts";
import type { Option, ReadableOption, WritableOption } from "../src/options/option.ts";
import { getsockopt } from "../src/posix/getsockopt.ts";
import type { Socket } from "../src/posix/owned-socket.ts";
import { setsockopt } from "../src/posix/setsockopt.ts";
import type { trySocket } from "../src/posix/socket.ts";
import { host } from "../src/system/host.ts";
import { linuxNumbers } from "../src/system/linux/numbers.ts";
import { conformance, type KernelRow } from "./conformance.ts";
import type { Fixture } from "./fixture.ts";
import type { Exceptions } from "./platform.ts";
import { windowsOptions } from "./windows-options.ts";

/** One row of a level's table: an option, and what the kernel must do with it. */
export interface OptionRow extends KernelRow {
  readonly option: Named;
}

interface Named {
  readonly name: string;
}

/** Where a row cannot run: it is skipped, with the reason. */
export interface Conditions {
  /** The privilege that the process needs, such as `"CAP_NET_ADMIN"`. */
  readonly needs?: keyof typeof capabilities;
  /**
   * Kernel support that may be missing: `"Linux 6.3"`, `"CONFIG_XFRM"`. If the call then reports
   * OptionNotSupported, the row is skipped; without this, it fails.
   */
  readonly requires?: string;
  /** Where the row does not hold, and why. */
  readonly except?: Exceptions;
  /** The document or the kernel function that says so. */
  readonly source?: string;
}

/** Runs the table of one level, and checks that every option of the level has a row. */
export function optionTests(level: string, options: Record<string, Named>, rows: readonly OptionRow[]): void {
  test(`every option of ${level} has a row`, () => {
    const names = new Set(rows.map((row) => row.option.name));
    // Those of other systems have theirs in bsd-options.test.ts.
    const all = Object.values(options)
      .map((option) => option.name)
      .filter((name) => name in linuxNumbers.options);
    assert.deepEqual(
      all.filter((name) => !names.has(name)),
      [],
    );
  });
  test(`the options of ${level} are in the order of their C names`, () => {
    const names = Object.values(options).map((option) => option.name);
    assert.deepEqual(names, names.toSorted());
  });
  conformance(level, rows.map(exceptWhereLacking));
}

/** Whether a clause belongs to an option, or begins like another. */
const isOf = (clause: string, other: string) =>
  clause.startsWith(other.includes(": ") ? other : `${other}: `);

/** The system lacks the option, which getsockopt's and setsockopt's own tables check. */
function exceptWhereLacking(row: OptionRow): OptionRow {
  const { name } = row.option;
  if (host.name !== "scripted" && host.options[name] === undefined) {
    return { ...row, except: { [host.name]: `${host.name} has no ${name}, or with another layout` } };
  }
  const [, exceptions] = Object.entries(windowsOptions).find(([clause]) => isOf(row.clause, clause)) ?? [];
  return exceptions === undefined ? row : { ...row, except: { ...exceptions, ...row.except } };
}

/**
 * The value that is set is read back, or reads as `reads` if the kernel rounds it: `why` explains.
 */
export function roundTrip<Get, Set extends Get>(
  option: ReadableOption<Get> & WritableOption<Set>,
  on: (fixture: Fixture) => Socket,
  value: NoInfer<Set>,
  more?: Conditions & { readonly reads?: NoInfer<Get>; readonly why?: string },
): OptionRow;
/** The same for an option that reads differently from how it is set. */
export function roundTrip<Get, Set>(
  option: ReadableOption<Get> & WritableOption<Set>,
  on: (fixture: Fixture) => Socket,
  value: NoInfer<Set>,
  more: Conditions & { readonly reads: NoInfer<Get>; readonly why?: string },
): OptionRow;
export function roundTrip<Get, Set>(
  option: ReadableOption<Get> & WritableOption<Set>,
  on: (fixture: Fixture) => Socket,
  value: Set,
  more: Conditions & { readonly reads?: Get; readonly why?: string } = {},
): OptionRow {
  const expected = "reads" in more ? more.reads : value;
  const reads = "reads" in more ? `is read as ${shown(more.reads)}` : "is read back";
  const why = more.why === undefined ? "" : `: ${more.why}`;
  return observed(
    option,
    `${shown(value)} ${reads}${why}`,
    (fixture) => {
      const socket = on(fixture);
      assert.notDeepEqual(
        getsockopt(socket, option),
        expected,
        "it already has this value: the row would prove nothing",
      );
      setsockopt(socket, option, value);
      assert.deepEqual(getsockopt(socket, option), expected);
    },
    more,
  );
}

/** A flag is inverted, then restored. */
export function toggles(
  option: Option<boolean>,
  on: (fixture: Fixture) => Socket,
  conditions: Conditions = {},
): OptionRow {
  return observed(
    option,
    "the flag is inverted, then restored",
    (fixture) => {
      const socket = on(fixture);
      const initial = getsockopt(socket, option);
      setsockopt(socket, option, !initial);
      assert.equal(getsockopt(socket, option), !initial);
      setsockopt(socket, option, initial);
      assert.equal(getsockopt(socket, option), initial);
    },
    conditions,
  );
}

/**
 * Anything else that an option does: the effect of a write-only one, or a true value of a read-only
 * one.
 */
export function observed(
  option: Named,
  what: string,
  run: (fixture: Fixture) => void | Promise<void>,
  conditions: Conditions = {},
): OptionRow {
  const { needs, requires, except = {}, source = `${option.name} on Linux` } = conditions;
  return {
    option,
    clause: `${option.name}: ${what}`,
    source,
    except,
    async run(fixture) {
      if (needs !== undefined && !isCapable(needs)) return fixture.skip(`it needs ${needs}`);
      try {
        await run(fixture);
      } catch (error) {
        if (requires === undefined || !isNotSupported(error)) throw error;
        fixture.skip(`this kernel lacks the option: it takes ${requires}`);
      }
    },
  };
}

/** The row, skipped if the kernel has no such socket. Windows even lacks the names. */
export function lacking<Row extends KernelRow>(row: Row, make: () => ReturnType<typeof trySocket>): Row {
  return {
    ...row,
    run(fixture) {
      const made = make();
      if (!made.ok) return fixture.skip(`this kernel lacks it: ${made.error.message}`);
      fixture.own(made.value);
      return row.run(fixture);
    },
  };
}

/** The row, skipped if this host has no IPv6 on its loopback interface. */
export function overIpv6(row: OptionRow): OptionRow {
  return {
    ...row,
    run(fixture) {
      if (hasIpv6Loopback()) return row.run(fixture);
      fixture.skip("this host has no IPv6 loopback address");
    },
  };
}

/** /proc/net/if_inet6 has a line per address. */
const hasIpv6Loopback = (): boolean =>
  existsSync("/proc/net/if_inet6") && /^0{31}1 /m.test(readFileSync("/proc/net/if_inet6", "utf8"));

const shown = (value: unknown): string =>
  inspect(value, { breakLength: Number.POSITIVE_INFINITY, compact: true });

const isNotSupported = (error: unknown): boolean =>
  error instanceof SocketError && error.name === "OptionNotSupported";

/** The numbers of include/uapi/linux/capability.h. */
const capabilities = {
  CAP_NET_BIND_SERVICE: 10,
  CAP_NET_ADMIN: 12,
  CAP_NET_RAW: 13,
  CAP_SYS_ADMIN: 21,
  CAP_SYS_RESOURCE: 24,
  CAP_BPF: 39,
};

/** Whether the process has a capability: a bit of CapEff in /proc/self/status (proc(5)). */
export function isCapable(name: keyof typeof capabilities): boolean {
  const status = readFileSync("/proc/self/status", "utf8");
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  return ((effective >> BigInt(capabilities[name])) & 1n) === 1n;
}
