// curl of this machine gets a page from a simulated host, over IPv4 and IPv6.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { BridgedHost, unlessBlocked } from "../../../test/simulated/bridged.ts";
import { constants } from "../../system/linux/constants.ts";
import { Capture } from "../capture/capture.ts";

const { AF } = constants;
const page = `<p>${"a page of a simulated host ".repeat(4_000)}</p>`;
const answer = `HTTP/1.1 200 OK\r\nContent-Length: ${page.length}\r\nConnection: close\r\n\r\n${page}`;
const host = new BridgedHost({ latency: "1ms" });
const capture = new Capture(host.network);
const { system } = host.host;
const listeners = [host.listen(80), host.listen(80, AF.INET6)];
/** The data left to send on each connection; undefined before its request has arrived. */
const connections = new Map<number, Uint8Array | undefined>();

/** Serves one page without handlers: it polls each socket in turn. */
function serve(): void {
  for (const listener of listeners) {
    const fd = unlessBlocked(host.calls.accept(listener));
    if (fd !== undefined) {
      system.setNonblocking(fd, true);
      connections.set(fd, undefined);
    }
  }
  for (const [fd, left] of connections) {
    const buffer = new Uint8Array(4_096);
    if (left === undefined) {
      if (unlessBlocked(system.recv(fd, buffer, 0)) !== undefined) {
        connections.set(fd, new TextEncoder().encode(answer));
      }
      continue;
    }
    const sent = unlessBlocked(system.send(fd, left, 0)) ?? 0;
    connections.set(fd, left.subarray(sent));
    if (sent < left.length) continue;
    system.close(fd);
    connections.delete(fd);
  }
}

let output: string | undefined;
const curl = (url: string) =>
  promisify(execFile)("curl", ["--silent", "--show-error", "--max-time", "20", url]);
const requests = (async () => {
  const v4 = await curl("http://10.99.0.2/");
  const v6 = await curl("http://[fd99::2]/");
  output = v4.stdout + v6.stdout;
})();
const done = () => {
  serve();
  return output !== undefined;
};
await Promise.race([requests, host.run(done)]);
await requests;
assert.equal(output, page + page);
if (process.env.BRIDGE_CAPTURE !== undefined) writeFileSync(process.env.BRIDGE_CAPTURE, capture.pcapng());
process.exit(0);
