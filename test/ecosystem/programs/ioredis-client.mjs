import assert from "node:assert/strict";
import { once } from "node:events";
import { Redis } from "ioredis";

const { TEST_REDIS_PORT, TEST_REDIS_PATH } = process.env;
for (const options of [{ host: "127.0.0.1", port: Number(TEST_REDIS_PORT) }, { path: TEST_REDIS_PATH }]) {
  const redis = new Redis(options);
  assert.equal(await redis.set("name", "berkeley"), "OK");
  assert.equal(await redis.get("name"), "berkeley");
  const large = Buffer.alloc(4_000_000, 9);
  await redis.set("large", large);
  assert.ok(large.equals(await redis.getBuffer("large")));
  const counted = await Promise.all(Array.from({ length: 1000 }, () => redis.incr("count")));
  assert.equal(new Set(counted).size, 1000);
  const pipeline = redis.pipeline();
  for (let index = 0; index < 500; index++) pipeline.set(`key ${index}`, index);
  assert.equal((await pipeline.exec()).length, 500);

  const subscriber = new Redis(options);
  await subscriber.subscribe("news");
  const message = once(subscriber, "message");
  await redis.publish("news", "hello");
  assert.deepEqual(await message, ["news", "hello"]);

  // quit() ends the connection from the server's side.
  const ended = once(redis, "end");
  await redis.del("count");
  assert.equal(await redis.quit(), "OK");
  await ended;
  await subscriber.quit();
}
console.log("done");
