// Runs in its own network namespace, joined to a second one by a pair of virtual interfaces:
// two machines.
import assert from "node:assert/strict";
import { Holding } from "../../test/holding.ts";
import { ip } from "../../test/network-namespace.ts";
import { waitForListener } from "./wait-for-listener.ts";

const ends: (() => Promise<void>)[] = [];
const context = { after: (end: () => Promise<void>) => ends.push(end) };
try {
  const other = await Holding.start(context, { sockets: [] }, { under: ["unshare", "--net"] });
  ip("link add here type veth peer name there");
  ip(`link set there netns ${other.pid}`);
  ip("addr add 10.0.0.1/24 dev here");
  ip("link set here up");
  const inOther = ["nsenter", "--target", `${other.pid}`, "--net"];
  const up = ["sh", "-c", 'ip addr add 10.0.0.2/24 dev there && ip link set there up && exec "$@"', "sh"];
  const wait = waitForListener({ port: 4000, host: "10.0.0.2" });
  const address = { family: "ipv4", address: "10.0.0.2", port: 4000 } as const;
  await Holding.start(context, { sockets: [{ address, backlog: 3 }] }, { under: [...inOther, ...up] });
  assert.deepEqual(await wait, address);
} finally {
  for (const end of ends) await end();
}
