// `node --import berkeley/register app.js`, or `--require`: an unchanged program's servers listen
// on our engine, and its clients connect on it. BERKELEY_REGISTER=listen leaves clients to Node.
// CommonJS, since --require loads it before the program, whatever its kind. The engine is loaded
// when the first server listens or the first client connects: a program that does neither starts as
// fast as without it.
const { AsyncResource }: typeof import("node:async_hooks") = require("node:async_hooks");
const net: typeof import("node:net") = require("node:net");

const both = process.env.BERKELEY_REGISTER !== "listen";

type Install = typeof import("./net/install.ts");
let loaded: Install | undefined;
// What the engine makes once and for all must not keep the context of the first listen().
const outside = new AsyncResource("berkeley", { requireManualDestroy: true });
const load = (): Install => outside.runInAsyncScope(() => require("./net/install.js"));

/** Where a prototype has Node's methods, by name: a tracer or a mock may wrap ours. */
const replaced = Symbol.for("berkeley.replaced");

/** Replaces a method with one that loads ours, and stores Node's. */
function replace(prototype: object, name: keyof Install): void {
  const method = function (this: never, ...args: never): unknown {
    loaded ??= load();
    return Reflect.apply(loaded[name], this, args);
  };
  const node: unknown = Reflect.get(prototype, name);
  if (typeof node !== "function")
    throw Object.assign(
      new Error(
        "berkeley/register needs Node's own node:net, which this runtime implements differently: use " +
          "listen() and connect() of berkeley",
      ),
      { code: "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM" },
    );
  const stored: object = Reflect.get(prototype, replaced) ?? {};
  // Another copy of the package may have replaced it already.
  if (name in stored) return;
  Object.defineProperty(prototype, replaced, { value: { ...stored, [name]: node }, configurable: true });
  Reflect.set(prototype, name, method);
}

replace(net.Server.prototype, "_listen2");
replace(net.Server.prototype, "_emitCloseIfDrained");
if (both) replace(net.Socket.prototype, "connect");
