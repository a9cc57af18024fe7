import assert from "node:assert/strict";
import crypto from "node:crypto";
import { createReadStream, readFile } from "node:fs";
import { open, readFile as read } from "node:fs/promises";
import { test } from "node:test";
import timers from "node:timers";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import zlib from "node:zlib";
import { except } from "../../test/platform.ts";
import { simulate } from "./index.ts";

/** The real one, as modules of Node have it. */
const realImmediate = timers.setImmediate;
const hooks = except({ bun: "its timers have no hooks", deno: "its timers have no hooks" });

const file = fileURLToPath(import.meta.url);

/** Work of the runtime's other threads, which takes real time. */
const works: Readonly<Record<string, () => Promise<unknown>>> = {
  "fs.promises": () => read(file),
  "a file handle": async () => {
    const handle = await open(file);
    await handle.read(Buffer.alloc(10));
    await handle.close();
  },
  "fs with a callback": () => promisify(readFile)(file),
  "a stream of a file": async () => {
    for await (const _ of createReadStream(file));
  },
  "zlib with a callback": () => promisify(zlib.gzip)(Buffer.alloc(1_000_000)),
  "a stream of zlib": async () => {
    const gzip = zlib.createGzip();
    gzip.end(Buffer.alloc(1_000_000));
    for await (const _ of gzip);
  },
  pbkdf2: () => promisify(crypto.pbkdf2)("password", "salt", 10_000, 32, "sha256"),
  scrypt: () => promisify(crypto.scrypt)("password", "salt", 32),
  "a key pair": () => promisify(crypto.generateKeyPair)("ec", { namedCurve: "P-256" }),
  "a digest of WebCrypto": () => crypto.subtle.digest("SHA-256", Buffer.alloc(1_000_000)),
  "a module of WebAssembly": compile,
};

for (const [what, work] of Object.entries(works)) {
  test(
    `virtual time stands still during ${what}`,
    except({ bun: "Bun tells nobody of its requests", deno: "Deno tells nobody of its requests" }),
    async () => {
      await simulate({ seed: 1 }, async (network) => {
        let timers = 0;
        const interval = setInterval(() => {
          timers += 1;
        }, 1);
        for (let times = 0; times < 3; times += 1) await work();
        assert.equal(network.time, 0, `${timers} timers fired`);
        clearInterval(interval);
      });
    },
  );
}

/** The smallest module; @types/node does not declare WebAssembly. */
function compile(): Promise<unknown> {
  const assembly: { compile(bytes: Uint8Array): Promise<unknown> } = Reflect.get(globalThis, "WebAssembly");
  return assembly.compile(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
}

test("virtual time stands still while a real setImmediate() is due", hooks, async () => {
  await simulate({ seed: 1 }, async (network) => {
    await network.host("host").run(async () => {
      for (let second = 1; second <= 100; second += 1) setTimeout(() => {}, second * 1000);
      for (let turn = 0; turn < 5; turn += 1) await new Promise<void>((resolve) => realImmediate(resolve));
      assert.equal(network.time, 0);
      timers.clearImmediate(realImmediate(() => {}));
    });
  });
});

test("a program with a real setImmediate() in every turn does not stop virtual time", hooks, async () => {
  await simulate({ seed: 1 }, async (network) => {
    await network.host("host").run(async () => {
      let ended = false;
      const again = () => void (ended || realImmediate(again));
      again();
      await new Promise((resolve) => setTimeout(resolve, 60_000));
      ended = true;
    });
    assert.equal(network.time, 60_000);
  });
});
