// Programs that start TLS on a connection that was plain so far, as with STARTTLS, under
// `berkeley/register`.
import { netTest } from "../../test/engine/net-test.ts";
import { runRegistered } from "../../test/registered-program.ts";

/** A client and a server that upgrade when the client asks. */
const upgrade = `
  const net = require("node:net");
  const tls = require("node:tls");
  const settings = {
    ciphers: "PSK",
    maxVersion: "TLSv1.2",
    pskIdentityHint: "x",
    pskCallback: () => ({ psk: Buffer.alloc(32, 1), identity: "me" }),
    checkServerIdentity: () => {},
  };
  const print = (...words) => console.log(...words);
  const told = (name, from) => from.on("error", ({ code }) => print(name, code)).on("close", () => print(name, "closed"));
  const server = net.createServer((plain) => {
    serve(plain, () => {
      plain.write("go");
      return new tls.TLSSocket(plain, { isServer: true, ...settings });
    });
  });
  server.listen(0, "127.0.0.1", () => {
    const plain = net.connect(server.address().port, "127.0.0.1");
    plain.write("STARTTLS");
    plain.once("data", () => talk(tls.connect({ ...settings, socket: plain }), plain));
  });`;

const programs = [
  {
    what: "the peer's address is known, and the plain socket's encoding is not used",
    source: `
      function serve(plain, start) {
        plain.setEncoding("utf8").once("data", (text) => {
          const secure = start();
          print(text, secure.remoteAddress, secure.remotePort === plain.remotePort, secure.localAddress);
          secure.on("data", (bytes) => secure.end(bytes));
        });
        server.close();
      }
      function talk(secure) {
        print(secure.remoteAddress);
        secure.write("hello");
        secure.on("data", (bytes) => print(String(bytes)));
      }`,
    prints: ["STARTTLS 127.0.0.1 true 127.0.0.1", "127.0.0.1", "hello"],
  },
  {
    what: "listeners of the plain socket get what the program emits on it, but no ciphertext",
    source: `
      function serve(plain, start) {
        let secure;
        plain.on("data", (bytes) => {
          print(String(bytes));
          if (secure !== undefined) return secure.end();
          secure = start();
          secure.on("data", (bytes) => plain.emit("data", bytes));
        });
        server.close();
      }
      function talk(secure, plain) {
        plain.on("data", () => print("ciphertext"));
        secure.write("hello");
        secure.resume();
      }`,
    prints: ["STARTTLS", "hello"],
  },
  {
    what: "a reset is an error of the TLS socket, and not of the plain one",
    source: `
      function serve(plain, start) {
        told("plain", plain).once("data", () => {
          const secure = told("secure", start());
          secure.on("data", () => secure.write("ready"));
        });
        server.close();
      }
      function talk(secure, plain) {
        secure.write("hello");
        secure.once("data", () => plain.resetAndDestroy());
      }`,
    prints: ["plain closed", "secure ECONNRESET", "secure closed"],
  },
  {
    what: "both sockets close when the plain one ends",
    source: `
      function serve(plain, start) {
        told("plain", plain).once("data", () => {
          const secure = told("secure", start());
          secure.on("data", () => plain.end());
        });
        server.close();
      }
      function talk(secure) {
        secure.write("hello");
        secure.on("error", () => {}).resume();
      }`,
    prints: ["plain closed", "secure closed"],
  },
];

for (const { what, source, prints } of programs)
  netTest(`register: TLS over a connection that was plain: ${what}`, async (fixture) =>
    runRegistered(fixture, `${upgrade}${source}`, prints),
  );
