import assert from "node:assert/strict";
import { asyncApiTest } from "../../../test/engine/async-api.ts";
import { eventually } from "../../../test/engine/engine-test.ts";
import { engine } from "../../engine/choice.ts";
import { listen } from "../listener/listen.ts";
import { Balancer } from "./balancer.ts";
import type { CheckedTarget } from "./proxy-options.ts";
import type { Target } from "./target.ts";

const target = (port: number): CheckedTarget => ({
  endpoint: { kind: "address", address: { family: "ipv4", address: "127.0.0.1", port } },
  options: [],
});

const three = [target(1), target(2), target(3)];

/** The ports of this many choices. */
const choices = (balancer: Balancer, count: number, tried?: ReadonlySet<Target>) =>
  Array.from({ length: count }, () => balancer.choose(tried)?.name.split(":").at(-1)).join();

asyncApiTest("balancer: round robin takes turns among the remaining targets", async (name) => {
  const balancer = new Balancer(engine(name), "round-robin", three);
  assert.equal(choices(balancer, 5), "1,2,3,1,2");
  const [first, second, third] = balancer.targets;
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  assert.equal(choices(balancer, 2, new Set([first, third])), "2,2");
  assert.equal(balancer.choose(new Set(balancer.targets)), undefined);
  const single = new Balancer(engine(name), "round-robin", [target(1)]);
  assert.equal(choices(single, 2), "1,1");
  assert.equal(single.choose(new Set(single.targets)), undefined);
});

asyncApiTest("balancer: the target with the fewest connections, and turns among equals", async (name) => {
  const balancer = new Balancer(engine(name), "least-connections", three);
  const [first, second, third] = balancer.targets;
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  [first.connections, second.connections, third.connections] = [2, 1, 2];
  assert.equal(choices(balancer, 4), "2,2,2,2");
  first.connections = 1;
  assert.equal(choices(balancer, 4), "1,2,1,2");
  assert.equal(choices(balancer, 2, new Set([first, second])), "3,3");
});

asyncApiTest("balancer: targets that stay keep their counts when others change", async (name) => {
  const balancer = new Balancer(engine(name), "round-robin", three);
  const [, second] = balancer.targets;
  balancer.replace([target(4), target(2)]);
  assert.deepEqual(
    balancer.targets.map((each) => each === second),
    [false, true],
  );
});

asyncApiTest("balancer: a target that fails a check is skipped, unless all have failed", async (name) => {
  const [up, down] = [await listen({ host: "127.0.0.1" }), await listen({ host: "127.0.0.1" })];
  const balancer = new Balancer(engine(name), "round-robin", [target(down.port), target(up.port)]);
  await down.close();
  balancer.check(60_000);
  const [first] = balancer.targets;
  assert.ok(first !== undefined);
  await eventually(() => first.failures === 1 || undefined);
  assert.equal(first.up, false);
  assert.equal(choices(balancer, 3), [up.port, up.port, up.port].join());
  assert.equal(choices(balancer, 1, new Set(balancer.targets.slice(1))), `${down.port}`);
  balancer.stop();
  await up.close();
});
