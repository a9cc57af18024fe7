// Data in both directions between the kernel and a simulated host, over a link that loses and
// reorders packets. BRIDGE_MIB says how much: 1024 takes a few minutes.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { BridgedHost, unlessBlocked } from "../../../test/simulated/bridged.ts";
import { constants } from "../../system/linux/constants.ts";

const bytes = Number(process.env.BRIDGE_MIB ?? 64) * 1024 * 1024;
const { SHUT } = constants;
const CHUNK = 65_536;
const host = new BridgedHost({ latency: "200us", loss: 0.01, reorder: 0.01, reorderDelay: "1ms" });
const { system } = host.host;

/** The same data on every connection, but not the same in both directions. */
function chunk(seed: number, at: number): Uint8Array {
  const data = new Uint32Array(CHUNK / 4);
  let state = (seed * 0x9e3779b9 + at) >>> 0;
  for (let index = 0; index < data.length; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    data[index] = state;
  }
  return new Uint8Array(data.buffer);
}

function hashOf(seed: number): string {
  const hash = createHash("sha256");
  for (let at = 0; at < bytes; at += CHUNK) hash.update(chunk(seed, at));
  return hash.digest("hex");
}

/** The simulated end of a connection. */
class SimulatedEnd {
  readonly received = createHash("sha256");
  readonly #fd: number;
  readonly #buffer = new Uint8Array(256 * 1024);
  #sent = 0;
  #left: Uint8Array = new Uint8Array();
  #receives = true;
  #sends = true;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Returns whether both directions have ended. */
  work(): boolean {
    while (this.#receives) {
      const got = unlessBlocked(system.recv(this.#fd, this.#buffer, 0));
      if (got === undefined) break;
      if (got === 0) this.#receives = false;
      this.received.update(this.#buffer.subarray(0, got));
    }
    while (this.#sends) {
      if (this.#left.length === 0) {
        if (this.#sent === bytes) {
          system.shutdown(this.#fd, SHUT.WR);
          this.#sends = false;
          break;
        }
        this.#left = chunk(2, this.#sent);
        this.#sent += CHUNK;
      }
      const sent = unlessBlocked(system.send(this.#fd, this.#left, 0));
      if (sent === undefined) break;
      this.#left = this.#left.subarray(sent);
    }
    return !this.#receives && !this.#sends;
  }
}

/** The kernel's end: sends everything, and returns the hash of what it received. */
async function kernelEnd(socket: Socket): Promise<string> {
  const received = createHash("sha256");
  socket.on("data", (data) => received.update(data));
  const ended = once(socket, "end");
  for (let at = 0; at < bytes; at += CHUNK) {
    if (!socket.write(chunk(1, at))) await once(socket, "drain");
  }
  socket.end();
  await ended;
  return received.digest("hex");
}

const expected = { kernel: hashOf(1), simulated: hashOf(2) };

async function compare(name: string, kernel: Promise<string>, simulated: SimulatedEnd): Promise<void> {
  const started = performance.now();
  let hash: string | undefined;
  const ended = kernel.then((digest) => {
    hash = digest;
  });
  await Promise.race([ended, host.run(() => simulated.work() && hash !== undefined)]);
  await ended;
  await host.run(() => simulated.work());
  assert.equal(hash, expected.simulated, `${name}: what the kernel received`);
  assert.equal(simulated.received.digest("hex"), expected.kernel, `${name}: what the host received`);
  const seconds = (performance.now() - started) / 1000;
  const rate = (2 * bytes) / 2 ** 20 / seconds;
  console.log(
    `${name}: ${bytes / 2 ** 20} MiB each way in ${seconds.toFixed(1)} s, ${rate.toFixed(1)} MiB/s`,
  );
}

// The kernel as client.
const listener = host.listen(7000);
const client = connect(7000, "10.99.0.2");
let accepted: number | undefined;
await host.run(() => {
  accepted = unlessBlocked(host.calls.accept(listener));
  return accepted !== undefined;
});
assert.ok(accepted !== undefined);
system.setNonblocking(accepted, true);
await compare("kernel as client", kernelEnd(client), new SimulatedEnd(accepted));

// The kernel as server.
const server = createServer({ allowHalfOpen: true });
server.listen(0, "10.99.0.1");
await once(server, "listening");
const address = server.address();
assert.ok(typeof address === "object" && address !== null);
const kernel = once(server, "connection").then(([socket]) => kernelEnd(socket));
const fd = host.socket();
const endpoint = `10.99.0.1:${address.port}`;
await host.run(() => unlessBlocked(host.calls.connect(fd, endpoint)) === 0);
await compare("kernel as server", kernel, new SimulatedEnd(fd));
process.exit(0);
