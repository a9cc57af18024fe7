// `node --import berkeley/register app.js`, or `--require`: an unchanged program's servers listen on
// our engine, and its clients connect on it. BERKELEY_REGISTER=listen leaves clients to Node.
// CommonJS, since --require loads it before the program, whatever its kind. The engine is loaded
// when the first server listens or the first client connects: a program that does neither starts as
// fast as without it.
const net: typeof import("node:net") = require("node:net");

const both = process.env.BERKELEY_REGISTER !== "listen";
const listen: unknown = Reflect.get(net.Server.prototype, "_listen2");
const connect: unknown = net.Socket.prototype.connect;

function load(): void {
  Reflect.set(net.Server.prototype, "_listen2", listen);
  if (both) Reflect.set(net.Socket.prototype, "connect", connect);
  const { installListen, installConnect }: typeof import("./net/install.ts") = require("./net/install.js");
  installListen();
  if (both) installConnect();
}

Reflect.set(net.Server.prototype, "_listen2", function (this: object, ...args: unknown[]) {
  load();
  return Reflect.get(this, "_listen2").apply(this, args);
});
if (both) {
  Reflect.set(net.Socket.prototype, "connect", function (this: object, ...args: unknown[]) {
    load();
    return Reflect.get(this, "connect").apply(this, args);
  });
}
