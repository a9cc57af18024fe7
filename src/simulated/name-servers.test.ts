import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import dns from "node:dns";
import { once } from "node:events";
import { test } from "node:test";
import { promisify } from "node:util";
import { except } from "../../test/platform.ts";
import { simulate } from "./index.ts";

// A program on a host asks no real name server.

const own = "their resolvers are not Node's";
const onNode = except({ bun: own, deno: own });

test("a program on a host asks no name server, and hears that there is none", onNode, async () => {
  const nameServer = createSocket("udp4");
  const asked: Buffer[] = [];
  nameServer.on("message", (message) => asked.push(message));
  nameServer.bind(0, "127.0.0.1");
  await once(nameServer, "listening");
  const servers = [`127.0.0.1:${nameServer.address().port}`];
  const withCallbacks = new dns.Resolver({ timeout: 50, tries: 1 });
  const withPromises = new dns.promises.Resolver({ timeout: 50, tries: 1 });
  withCallbacks.setServers(servers);
  withPromises.setServers(servers);
  const refused = (syscall: string, hostname = "server") => ({
    code: "ECONNREFUSED",
    syscall,
    hostname,
    message: `${syscall} ECONNREFUSED ${hostname}`,
  });
  try {
    await simulate({ seed: 1 }, async (network) => {
      await network.host("server").run(async () => {
        await assert.rejects(withPromises.resolve4("server"), refused("queryA"));
        await assert.rejects(withPromises.resolve("server", "MX"), refused("queryMx"));
        const resolve6 = promisify(withCallbacks.resolve6.bind(withCallbacks));
        await assert.rejects(resolve6("server"), refused("queryAaaa"));
        await assert.rejects(dns.promises.resolve("server"), refused("queryA"));
        await assert.rejects(promisify(dns.resolveTxt)("server"), refused("queryTxt"));
        await assert.rejects(dns.promises.reverse("10.0.0.1"), refused("getHostByAddr", "10.0.0.1"));
        assert.throws(() => withCallbacks.resolve4("server", JSON.parse("1")), {
          code: "ERR_INVALID_ARG_TYPE",
        });
      });
    });
  } finally {
    nameServer.close();
  }
  assert.equal(asked.length, 0);
});
