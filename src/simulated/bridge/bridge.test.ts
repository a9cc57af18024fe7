import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { tunUnavailable } from "../../../test/packetdrill/kernel/tun.ts";
import { Calls } from "../../../test/simulated/calls.ts";
import { constants } from "../../system/linux/constants.ts";
import { encodePacket } from "../ip/encode.ts";
import { Network } from "../network/network.ts";
import { Bridge, type BridgeDevice } from "./bridge.ts";

const { AF, SOCK } = constants;

/**
 * Runs a module with a TUN device in its own network namespace; skips the test if that is
 * impossible.
 */
function run(t: TestContext, module: string, env: NodeJS.ProcessEnv = {}): string | undefined {
  const missing =
    tunUnavailable() ?? programMissing("unshare") ?? programMissing("ip") ?? programMissing("curl");
  if (missing !== undefined) {
    t.skip(missing);
    return undefined;
  }
  const path = fileURLToPath(new URL(module, import.meta.url));
  const { status, stdout, stderr } = spawnSync(
    "unshare",
    ["--net", process.execPath, ...process.execArgv, path],
    {
      encoding: "utf8",
      env: { ...process.env, ...env, NODE_TEST_CONTEXT: undefined },
      timeout: 250_000,
    },
  );
  assert.equal(status, 0, stdout + stderr);
  return stdout;
}

function programMissing(name: string): string | undefined {
  const { error } = spawnSync(name, ["--version"]);
  return error === undefined ? undefined : `cannot run ${name}: ${error.message}`;
}

const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";

test("the machine's curl gets a page from a simulated host, and tshark reports no error", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "berkeley-"));
  try {
    const file = join(folder, "curl.pcapng");
    if (run(t, `curl.child.${extension}`, { BRIDGE_CAPTURE: file }) === undefined) return;
    assert.ok(existsSync(file));
    const checks = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"];
    const shark = spawnSync("tshark", ["-r", file, ...checks, "-z", "expert,error", "-q"], {
      encoding: "utf8",
    });
    if (shark.error !== undefined) t.diagnostic(`cannot run tshark: ${shark.error.message}`);
    else assert.doesNotMatch(shark.stdout, /Errors|Malformed|checksum/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("bulk data in both directions matches, with loss and reordering, with either side as the server", (t) => {
  const output = run(t, `bulk.child.${extension}`);
  if (output !== undefined) for (const line of output.trimEnd().split("\n")) t.diagnostic(line);
});

test("curl of the kernel gets a page from node:http on a host of simulate()", (t) => {
  run(t, `http.child.${extension}`);
});

/** A device for which the test creates and reads the packets. */
class TestDevice implements BridgeDevice {
  readonly written: Uint8Array[] = [];
  readonly arriving: Uint8Array<ArrayBuffer>[] = [];

  read(): Uint8Array<ArrayBuffer> | undefined {
    return this.arriving.shift();
  }

  write(packet: Uint8Array): void {
    this.written.push(packet);
  }
}

test("only packets to addresses of no host leave, and time follows real time", () => {
  const network = new Network({ seed: 1 });
  const [one, other] = [network.host("one"), network.host("other")];
  const device = new TestDevice();
  const bridge = new Bridge(network, device);
  const calls = new Calls(one.system);
  const socket = calls.system.socket(AF.INET, SOCK.DGRAM, 0, 2);
  const inside = other.addresses.find((address) => address.includes("."));
  calls.sendTo(socket, "in", `${inside}:7`);
  calls.sendTo(socket, "out", "192.0.2.1:7");
  const before = bridge.now;
  while (device.written.length === 0) bridge.step();
  assert.equal(device.written.length, 1);
  assert.deepEqual(device.written[0]?.subarray(16, 20), Uint8Array.of(192, 0, 2, 1));
  assert.ok(network.clock.now <= bridge.now && bridge.now >= before);
});

test("an arriving datagram reaches the host that has its address; malformed ones are ignored", () => {
  const network = new Network({ seed: 1 });
  const host = network.host("one", { addresses: ["10.0.0.1/8"] });
  const device = new TestDevice();
  const bridge = new Bridge(network, device);
  const calls = new Calls(host.system);
  const socket = calls.system.socket(AF.INET, SOCK.DGRAM, 0, 2);
  calls.bind(socket, "10.0.0.1:7");
  device.arriving.push(new Uint8Array(3), Uint8Array.of(0x45, 0, 0, 9), new Uint8Array(100).fill(0x66));
  const datagram = {
    version: 4,
    source: "192.0.2.1",
    destination: "10.0.0.1",
    hopLimit: 64,
    trafficClass: 0,
    flowLabel: 0,
    identification: 1,
    dontFragment: false,
    fragment: undefined,
    payload: { kind: "udp", sourcePort: 9, destinationPort: 7, data: new TextEncoder().encode("hello") },
  } as const;
  device.arriving.push(Uint8Array.from(encodePacket(datagram)));
  let received: ReturnType<Calls["recvFrom"]> = -1;
  while (typeof received === "number") {
    bridge.step();
    received = calls.recvFrom(socket);
  }
  assert.deepEqual(received, ["hello", "192.0.2.1:9"]);
});
