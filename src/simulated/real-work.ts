import { builtin } from "../builtin.ts";
import { currentScope } from "./context.ts";
import type { Patches } from "./patches.ts";

// Real work that a simulated program waits for: files, zlib, crypto, names, WebAssembly. Virtual
// time stands still meanwhile, since its duration has no meaning in the simulation.

/**
 * The requests of Node's thread pool, by the types of async_hooks (NODE_ASYNC_PROVIDER_TYPES in
 * src/async_wrap.h). Libraries have types of their own, such as undici's UNDICI_REQUEST.
 */
const REQUEST = /^(FSREQ\w+|FILEHANDLECLOSEREQ|GET(ADDR|NAME)INFOREQWRAP|QUERYWRAP)$/;

/** The jobs of node:crypto. */
const JOB =
  /^(PBKDF2|SCRYPT|ARGON2|HASH|SIGN|VERIFY|CIPHER|DERIVEBITS|RANDOMBYTES|RANDOMPRIME|CHECKPRIME|KEYGEN|KEYPAIRGEN|KEYEXPORT|KEM\w+)REQUEST$/;

/** The methods of SubtleCrypto. */
const SUBTLE = [
  "decrypt",
  "deriveBits",
  "deriveKey",
  "digest",
  "encrypt",
  "exportKey",
  "generateKey",
  "importKey",
  "sign",
  "unwrapKey",
  "verify",
  "wrapKey",
];

/** A stream of zlib lives longer than one request: its handle holds the chunk that it works on. */
const ZLIB = "ZLIB";

/** Watches the work that begins in simulations. */
export class RealWork {
  readonly #requests = new Set<number>();
  readonly #jobs = new Map<number, object>();
  readonly #streams = new Map<number, WeakRef<object>>();
  readonly #immediates = new Set<number>();
  readonly #hook;
  #promises = 0;

  constructor() {
    this.#hook = builtin("node:async_hooks")?.createHook({
      init: (id, type, _trigger, resource) => {
        if (type === ZLIB) this.#streams.set(id, new WeakRef(resource));
        else if (REQUEST.test(type) && currentScope() !== undefined) this.#requests.add(id);
        else if (type === "Immediate" && currentScope() !== undefined) this.#immediates.add(id);
        else if (JOB.test(type) && currentScope() !== undefined) this.#jobs.set(id, resource);
      },
      // A request is done when its callback runs.
      before: (id) => {
        this.#requests.delete(id);
        this.#jobs.delete(id);
        this.#immediates.delete(id);
      },
      // One that was cleared.
      destroy: (id) => void this.#immediates.delete(id),
    });
  }

  begin(patches: Patches): void {
    this.#hook?.enable();
    // undici compiles its parser for the first request.
    this.#watchCalls(patches, Reflect.get(globalThis, "WebAssembly"), ["compile", "instantiate"]);
    // Since Node 24, its jobs cannot be distinguished from synchronous ones.
    this.#watchCalls(patches, globalThis.crypto?.subtle, SUBTLE);
  }

  end(): void {
    this.#hook?.disable();
    this.#requests.clear();
    this.#jobs.clear();
    this.#streams.clear();
    this.#immediates.clear();
  }

  /**
   * Whether a real setImmediate() is due, such as those of Node's own modules, which took it before
   * the simulation began: node:http2 closes a session with several, one after the other.
   */
  get hasImmediates(): boolean {
    return this.#immediates.size > 0;
  }

  get pending(): boolean {
    if (this.#requests.size > 0 || this.#promises > 0) return true;
    for (const [id, job] of this.#jobs) {
      // One that was done at once, such as that of randomBytes(8), has no such function.
      if ("ondone" in job) return true;
      this.#jobs.delete(id);
    }
    for (const [id, reference] of this.#streams) {
      const handle = reference.deref();
      if (handle === undefined) this.#streams.delete(id);
      // lib/zlib.js: processChunk() sets it, and processCallback() takes it back.
      else if (Reflect.get(handle, "buffer")) return true;
    }
    return false;
  }

  /** Watches the promises that methods return. */
  #watchCalls(patches: Patches, object: unknown, names: readonly string[]) {
    if (typeof object !== "object" || object === null) return;
    for (const name of names) {
      const real: unknown = Reflect.get(object, name);
      if (typeof real !== "function") continue;
      patches.replace(object, name, (...args: unknown[]) => {
        const made = Reflect.apply(real, object, args);
        if (currentScope() !== undefined) this.#watch(made);
        return made;
      });
    }
  }

  #watch(promise: Promise<unknown>) {
    this.#promises += 1;
    const done = () => {
      this.#promises -= 1;
    };
    promise.then(done, done);
  }
}
