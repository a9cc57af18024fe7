import { eaiName, eaiNumber } from "../system/eai.ts";
import type { System } from "../system/system.ts";
import { errnoOfQueue, errnoOfRing } from "./engine-errno.ts";
import { type ErrorCases, type ErrorEntry, type ErrorText, Unexpected } from "./entries.ts";
import type { NamedErrors } from "./named-errors.ts";
import type { ErrorName } from "./names.ts";
import { type ErrorEndpoint, SocketError } from "./socket-error.ts";

/** A union of one type for each name, so that `switch (error.name)` narrows. */
export type ErrorUnion<Name extends ErrorName> = NamedErrors[Name];

/** The error type of a set: `ErrorOf<typeof listenErrors>`. */
export type ErrorOf<Set> = Set extends ErrorSet<infer Name> ? ErrorUnion<Name> : never;

/** The names of a set. */
export type NameOf<Set> = Set extends ErrorSet<infer Name> ? Name : never;

/** A failed Result. */
export interface Failure<E> {
  readonly ok: false;
  readonly error: E;
}

/** The context of a failed call besides its errno. */
export interface FailureContext<Name> {
  /** Decides between the entries of an errno that has several. */
  readonly ask?: (code: string) => Name;
  /** The address that the call was about. */
  readonly where?: () => ErrorEndpoint | undefined;
  /** The subject of the call, such as the name of an option. */
  readonly about?: string | undefined;
}

/** All errors of one call. */
export class ErrorSet<Name extends ErrorName> {
  readonly syscall: string;
  readonly entries: Readonly<Record<Name, ErrorEntry>>;
  readonly #byName = new Map<ErrorName, ErrorEntry>();
  readonly #namesOfCode = new Map<string, Name[]>();

  constructor(syscall: string, entries: Readonly<Record<Name, ErrorEntry>>) {
    this.syscall = syscall;
    this.entries = entries;
    for (const name in entries) {
      // Libraries have added enumerable members to Object.prototype.
      if (!Object.hasOwn(entries, name)) continue;
      this.#byName.set(name, entries[name]);
      for (const code of entries[name].codes) {
        const names = this.#namesOfCode.get(code);
        if (names === undefined) this.#namesOfCode.set(code, [name]);
        else names.push(name);
      }
    }
  }

  /** Whether an error is one of this call's. */
  has(error: unknown): error is ErrorUnion<Name> {
    return error instanceof SocketError && error.syscall === this.syscall && this.#byName.has(error.name);
  }

  /** The failure for a negative errno. An errno without an entry is `Unexpected`. */
  failure(system: System, returned: number, context?: FailureContext<Name>): Failure<ErrorUnion<Name>> {
    const entered = errnoOfRing(returned);
    if (entered !== undefined)
      return this.#engineFailure(system, entered, "io_uring", "io_uring_enter()", context?.where?.());
    const looked = errnoOfQueue(returned);
    if (looked !== undefined)
      return this.#engineFailure(system, looked, "readiness queue", "the system", context?.where?.());
    const code = system.errnoName(-returned) ?? eaiName(-returned) ?? "UNKNOWN";
    const names = this.#namesOfCode.get(code) ?? [];
    const name = names.length > 1 && context?.ask !== undefined ? context.ask(code) : names[0];
    return this.#failure(name ?? "Unexpected", code, returned, context?.where?.(), context?.about);
  }

  /**
   * A failure without an errno of the system, such as `SocketClosed`; `about` says what the call
   * was about, and `detail` is appended to the message.
   */
  fail(
    system: System,
    name: Name,
    where?: ErrorEndpoint,
    about?: string,
    detail?: string,
  ): Failure<ErrorUnion<Name>> {
    const row = this.entries[name];
    const code = row.code ?? row.codes[0] ?? "UNKNOWN";
    const number = system.errnos[code] ?? eaiNumber(code) ?? 0;
    return this.#failure(name, code, -number, where, about, detail);
  }

  #engineFailure(
    system: System,
    returned: number,
    engine: string,
    call: string,
    where?: ErrorEndpoint,
  ): Failure<ErrorUnion<Name>> {
    const code = system.errnoName(-returned) ?? "UNKNOWN";
    return this.#failure("Unexpected", code, returned, where, undefined, undefined, {
      message: `This thread's ${engine} failed for good: ${call} returned ${code}.`,
      advice: "Open the socket again; it will use another engine or queue.",
    });
  }

  #failure(
    name: ErrorName,
    code: string,
    errno: number,
    where?: ErrorEndpoint,
    about?: string,
    detail?: string,
    text?: ErrorText,
  ): Failure<ErrorUnion<Name>> {
    const row = this.#byName.get(name) ?? Unexpected;
    const subject = [this.syscall, code, where && formatEndpoint(where), about]
      .filter((word) => word)
      .join(" ");
    const { message: sentence, advice } =
      text ?? row.codeTexts?.[code] ?? (where && row.cases?.[kindOf(where)]) ?? row;
    const message = `${subject}: ${[sentence, detail, advice].filter((part) => part).join(" ")}`;
    const error = new SocketError({ name, message, code, errno, syscall: this.syscall, where });
    // `name` is a Name or "Unexpected", which every set has; the compiler cannot see that an
    // instance of a class of unions belongs to a union of classes.
    return { ok: false, error: error as ErrorUnion<Name> };
  }
}

function kindOf({ port, path }: ErrorEndpoint): keyof ErrorCases {
  if (path !== undefined) return path.startsWith("\0") ? "abstractName" : "path";
  return port === 0 ? "noPort" : "port";
}

/** An address as messages show it. */
export function formatEndpoint({ address, port, path }: ErrorEndpoint): string | undefined {
  if (path !== undefined) return JSON.stringify(path);
  if (address === undefined) return undefined;
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
