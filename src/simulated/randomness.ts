import { builtin } from "../builtin.ts";
import { lengthOf, memoryOf, offsetOf } from "../system/view.ts";
import type { Random } from "./clock/random.ts";
import { currentScope } from "./context.ts";
import { Patches } from "./patches.ts";

// The random numbers of programs come from the seed. Those that OpenSSL draws itself, such as for
// TLS and for keys, do not.

type Done = (error: Error | null, result?: unknown) => void;

const randomHere = (): Random | undefined => currentScope()?.random;

/** The bytes of a view or a buffer. */
function bytesOf(view: unknown): Uint8Array {
  if (view instanceof ArrayBuffer) return new Uint8Array(view);
  if (!ArrayBuffer.isView(view)) throw new TypeError("random bytes go into a view of memory");
  if (view instanceof Uint8Array) return new Uint8Array(memoryOf(view), offsetOf(view), lengthOf(view));
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** A random UUID, version 4 (RFC 9562, 5.4). */
function uuid(random: Random): string {
  const bytes = new Uint8Array(16);
  random.fill(bytes);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

export function patchRandomness(patches: Patches): void {
  const real = Math.random;
  patches.replace(Math, "random", () => randomHere()?.real() ?? real());
  patchWebCrypto(patches);
}

/**
 * Replaces functions of node:crypto permanently when this is loaded, so that libraries such as ws,
 * which copy them out of the module while loading, have seeded ones on hosts. Elsewhere they call
 * Node's own.
 */
function seedNodeCrypto(): void {
  const crypto = builtin("node:crypto");
  if (crypto === undefined) return;
  const patches = new Patches();
  patchNodeCrypto(patches, crypto);
  patches.sync();
}

function patchWebCrypto(patches: Patches): void {
  const { crypto } = globalThis;
  if (crypto === undefined) return;
  const realValues = crypto.getRandomValues.bind(crypto);
  const realUuid = crypto.randomUUID?.bind(crypto);
  patches.replace(crypto, "getRandomValues", (view: Uint8Array) => {
    const random = randomHere();
    if (random === undefined) return realValues(view);
    random.fill(bytesOf(view));
    return view;
  });
  patches.replace(crypto, "randomUUID", () => {
    const random = randomHere();
    return random === undefined ? realUuid() : uuid(random);
  });
}

/** Returns as Node does: immediately, or through a callback in a later turn. */
function answer<Value>(value: Value, done: unknown): Value | undefined {
  if (typeof done !== "function") return value;
  currentScope()?.clock.setImmediate(() => done(null, value));
  return undefined;
}

function patchNodeCrypto(patches: Patches, crypto: typeof import("node:crypto")): void {
  const real = {
    randomBytes: Reflect.get(crypto, "randomBytes"),
    randomFill: Reflect.get(crypto, "randomFill"),
    randomFillSync: Reflect.get(crypto, "randomFillSync"),
    randomInt: Reflect.get(crypto, "randomInt"),
    randomUUID: Reflect.get(crypto, "randomUUID"),
    getRandomValues: Reflect.get(crypto, "getRandomValues"),
  };
  /** Replaces a function: `simulated` answers on a host, Node's own elsewhere. */
  const replace = (name: keyof typeof real, simulated: (random: Random, args: unknown[]) => unknown) => {
    patches.replace(crypto, name, (...args: unknown[]) => {
      const random = randomHere();
      return random === undefined ? Reflect.apply(real[name], crypto, args) : simulated(random, args);
    });
  };
  const filled = (random: Random, [view, offset = 0, size]: unknown[]) => {
    const bytes = bytesOf(view);
    const start = Number(offset);
    random.fill(bytes.subarray(start, typeof size === "number" ? start + size : undefined));
    return view;
  };
  const isDone = (value: unknown): value is Done => typeof value === "function";
  replace("randomBytes", (random, [size, done]) => {
    const bytes = Buffer.alloc(Number(size));
    random.fill(bytes);
    return answer(bytes, done);
  });
  replace("randomFillSync", filled);
  replace("randomFill", (random, args) =>
    answer(
      filled(
        random,
        args.filter((arg) => !isDone(arg)),
      ),
      args.find(isDone),
    ),
  );
  replace("randomInt", (random, args) => {
    const [first, second] = args.filter((arg) => typeof arg === "number");
    const [low, high] = second === undefined ? [0, first ?? 0] : [first ?? 0, second];
    return answer(low + random.below(high - low), args.find(isDone));
  });
  replace("randomUUID", uuid);
  replace("getRandomValues", (random, [view]) => {
    random.fill(bytesOf(view));
    return view;
  });
}

seedNodeCrypto();
