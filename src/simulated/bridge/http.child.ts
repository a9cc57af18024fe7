// curl of this machine gets a page from node:http on a simulated host, through a TUN device.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { promisify } from "node:util";
import { ip } from "../../../test/network-namespace.ts";
import { TunDevice } from "../../../test/packetdrill/kernel/tun.ts";
import { serve } from "../../index.ts";
import { simulate } from "../index.ts";

const device = new TunDevice("tun0", { segments: false });
ip("link set tun0 up");
ip("address add 10.99.0.1/24 dev tun0");
const page = await simulate({ seed: 1 }, async (network) => {
  const host = network.host("simulated", { addresses: ["10.99.0.2/24"] });
  network.bridge(host, device, { latency: "1ms" });
  const server = createServer((request, response) => {
    setTimeout(() => response.end(`for ${request.socket.remoteAddress}`), 10);
  });
  await host.run(() => serve(server, { port: 80 }));
  const { stdout } = await promisify(execFile)("curl", [
    "--silent",
    "--show-error",
    "--max-time",
    "20",
    "http://10.99.0.2/",
  ]);
  return stdout;
});
assert.equal(page, "for ::ffff:10.99.0.1");
process.exit(0);
