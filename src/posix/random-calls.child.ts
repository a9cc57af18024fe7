import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { closeDescriptor } from "../../test/close-descriptor.ts";
import { openDescriptors } from "../../test/open-descriptors.ts";
import { AddressReference, callArguments, SocketReference } from "../../test/random-arguments.ts";
import { ErrorSet } from "../errors/error-set.ts";
import * as posix from "./index.ts";
import {
  AF,
  bind,
  close,
  connect,
  Descriptor,
  getsockname,
  listen,
  SOCK,
  Socket,
  socket,
  socketpair,
  tryClose,
} from "./index.ts";

// Run by random-calls.test.ts: makes RANDOM_CALLS random calls in this one process, in sequences
// that each start with sockets in every state. check() and the end of each sequence have the
// assertions.
const CALLS_OF_A_SEQUENCE = 60;
const POOL = 48;
const wanted = Number(process.env.RANDOM_CALLS);
const seed = Number(process.env.RANDOM_SEED);

const loopback = { family: "ipv4", address: "127.0.0.1", port: 0 } as const;
const home = process.cwd();
const folder = mkdtempSync(join(tmpdir(), "berkeley-random-"));
process.chdir(folder);

/** The error set of each call, by its name. */
const sets = new Map<string, ErrorSet<posix.ErrorName>>();
for (const name of Object.keys(callArguments)) {
  const module: Record<string, unknown> = await import(new URL(`./${name}.js`, import.meta.url).href).catch(
    () => ({}),
  );
  const set = module[`${name}Errors`];
  if (set instanceof ErrorSet) sets.set(name, set);
}

/** Node's own sockets, open for the whole run. */
const server = createServer().unref();
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const datagrams = createSocket("udp4").unref();
await new Promise<void>((resolve) => datagrams.bind(0, "127.0.0.1", resolve));
const closedServer = createServer();

/** The sockets of one sequence. */
class Pool {
  readonly #members: unknown[];
  readonly #detached = new Set<number>();

  constructor() {
    const nonblocking = { nonblocking: true };
    const tcp = () => socket(AF.INET, SOCK.STREAM, 0, nonblocking);
    const udp = (domain: number) => socket(domain, SOCK.DGRAM, 0, nonblocking);
    const [listener, client, bound, one, other, closed, detached] = [
      tcp(),
      tcp(),
      tcp(),
      udp(AF.INET),
      udp(AF.INET),
      tcp(),
      tcp(),
    ];
    bind(bound, loopback);
    bind(listener, loopback);
    listen(listener, 3);
    posix.tryConnect(client, getsockname(listener));
    bind(one, loopback);
    connect(other, getsockname(one));
    const unix = socket(AF.UNIX, SOCK.STREAM, 0, nonblocking);
    bind(unix, { family: "unix", path: "" });
    listen(unix, 1);
    const named = udp(AF.UNIX);
    bind(named, { family: "unix", path: "" });
    close(closed);
    this.#detached.add(detached.detach());
    this.#members = [
      tcp(),
      bound,
      listener,
      client,
      posix.accept(listener, nonblocking).socket,
      one,
      other,
      udp(AF.INET6),
      socket(AF.INET6, SOCK.STREAM, 0, nonblocking),
      unix,
      named,
      ...socketpair(AF.UNIX, SOCK.STREAM, 0, nonblocking),
      ...socketpair(AF.UNIX, SOCK.DGRAM, 0, nonblocking),
      ...socketpair(AF.UNIX, SOCK.SEQPACKET, 0, nonblocking),
      closed,
      detached,
      server,
      datagrams,
      closedServer,
    ];
  }

  at(index: number): unknown {
    return this.#members[index % this.#members.length];
  }

  /** Keeps the sockets that a call has created. */
  add(made: unknown): void {
    if (made instanceof Socket) {
      if (this.#members.length >= POOL) tryCloseIfOpen(this.#members.splice(20, 1)[0]);
      this.#members.push(made);
    } else if (made instanceof Descriptor) {
      tryClose(made);
    } else if (Array.isArray(made)) {
      for (const member of made) this.add(member);
    } else if (typeof made === "object" && made !== null && "control" in made) {
      this.add(made.control);
    } else if (typeof made === "object" && made !== null && "descriptors" in made) {
      this.add(made.descriptors);
    } else if (typeof made === "object" && made !== null && "descriptor" in made) {
      this.add(made.descriptor);
    } else if (typeof made === "object" && made !== null && "socket" in made) {
      this.add(made.socket);
    }
  }

  /** Gives up the ownership of a socket, or takes it again. */
  detachOrAdopt(index: number): void {
    const member = this.at(index);
    const [fd] = this.#detached;
    if (member instanceof Socket && !member.closed && index % 2 === 0) this.#detached.add(member.detach());
    else if (fd !== undefined) {
      this.#detached.delete(fd);
      this.add(Socket.from(fd));
    }
  }

  closeAll(): void {
    for (const member of this.#members) tryCloseIfOpen(member);
    for (const fd of this.#detached) closeDescriptor(fd);
  }
}

function tryCloseIfOpen(member: unknown): void {
  if (member instanceof Socket && !member.closed) tryClose(member);
}

/** An argument, with its references resolved. */
function resolve(argument: unknown, pool: Pool): unknown {
  if (argument instanceof SocketReference) {
    const member = pool.at(argument.index);
    if (argument.form === "socket" || !(member instanceof Socket)) return member;
    return member.closed ? 100_000 : member.fd;
  }
  if (argument instanceof AddressReference) {
    const member = pool.at(argument.index);
    const result = member instanceof Socket ? posix.tryGetsockname(member) : undefined;
    return result?.ok ? result.value : { ...loopback, port: 9 };
  }
  if (Array.isArray(argument)) return argument.map((part) => resolve(part, pool));
  if (typeof argument === "object" && argument !== null && "socket" in argument && "events" in argument) {
    return { ...argument, socket: resolve(argument.socket, pool) };
  }
  if (
    typeof argument === "object" &&
    argument !== null &&
    "data" in argument &&
    Array.isArray(argument.data)
  ) {
    const { address, control } = { address: undefined, control: undefined, ...argument };
    return { ...argument, address: resolve(address, pool), control: resolve(control, pool) };
  }
  if (typeof argument === "object" && argument !== null && "descriptors" in argument) {
    return { ...argument, descriptors: resolve(argument.descriptors, pool) };
  }
  return argument;
}

/** Messages of V8 itself, which mean that an argument was not checked. */
const unclear =
  /Cannot (read|destructure|convert|set|use|mix)|is not (a function|iterable|a constructor)|undefined \(|null \(|Invalid array|Do not know|circular|Invalid string/;

/**
 * An error is one of the call's own set and not Unexpected, or a TypeError or RangeError with a
 * message of ours.
 */
function check(call: string, error: unknown): void {
  if (error instanceof TypeError || error instanceof RangeError) {
    assert.doesNotMatch(error.message, unclear, `${call}: ${error.stack}`);
    return;
  }
  assert.ok(error instanceof posix.SocketError, `${call} threw ${error}`);
  assert.ok(sets.get(call)?.has(error), `${error.name} is not an error of ${call}: ${error.message}`);
  assert.notEqual(error.name, "Unexpected", `${call}: ${error.code}`);
}

const exported: Readonly<Record<string, unknown>> = posix;
let calls = 0;
const outcomes = new Map<string, number>();

interface Step {
  readonly call: string;
  readonly throwing: boolean;
  readonly args: readonly unknown[];
}

function run({ call, throwing, args }: Step, pool: Pool): void {
  const name = throwing || !sets.has(call) ? call : `try${call[0]?.toUpperCase()}${call.slice(1)}`;
  const fn = exported[name];
  assert.ok(typeof fn === "function", name);
  calls++;
  let outcome = "ok";
  try {
    const returned: unknown = Reflect.apply(
      fn,
      undefined,
      args.map((argument) => resolve(argument, pool)),
    );
    if (name === call) pool.add(returned);
    else {
      assert.ok(typeof returned === "object" && returned !== null && "ok" in returned);
      if (returned.ok === true && "value" in returned) pool.add(returned.value);
      else if ("error" in returned) {
        outcome = `${returned.error}`.split(":", 1)[0] ?? "";
        check(call, returned.error);
      }
    }
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    outcome = `${error}`.split(":", 1)[0] ?? "";
    check(call, error);
  }
  const key = `${call} ${outcome}`;
  outcomes.set(key, (outcomes.get(key) ?? 0) + 1);
}

const step = fc.oneof(
  ...Object.entries(callArguments).map(([call, args]) =>
    fc.record({ call: fc.constant(call), throwing: fc.boolean(), args }),
  ),
  fc.nat(63),
);

const sequence = fc.array(step, { minLength: 1, maxLength: CALLS_OF_A_SEQUENCE, size: "max" });

console.log(`seed ${seed}`);
const memory = process.memoryUsage().rss;
const before = openDescriptors();
let round = 0;
while (calls < wanted) {
  fc.assert(
    fc.property(sequence, (steps) => {
      const pool = new Pool();
      try {
        for (const step of steps) {
          if (typeof step === "number") pool.detachOrAdopt(step);
          else run(step, pool);
        }
      } finally {
        pool.closeAll();
      }
      assert.deepEqual(openDescriptors(), before, "descriptors were left open");
    }),
    { numRuns: 200, seed: seed + round++ },
  );
}
const grown = process.memoryUsage().rss - memory;
assert.ok(grown < 400 << 20, `the process has grown by ${grown >> 20} MiB`);
assert.ok(server.listening, "Node's own server is as it was");

if (process.env.RANDOM_CALLS_VERBOSE)
  console.log(
    [...outcomes]
      .map(([key, count]) => `${count} ${key}`)
      .sort()
      .join("\n"),
  );
console.log(`${calls} calls, ${grown >> 20} MiB`);
server.close();
datagrams.close();
process.chdir(home);
rmSync(folder, { recursive: true });
