import assert from "node:assert/strict";
import { engineTest } from "../../test/engine/engine-test.ts";
import { enginesHere } from "../../test/engine/engines-here.ts";
import { VMADDR } from "../posix/constants.ts";
import { connect } from "./connection/connect.ts";
import { listen } from "./listener/listen.ts";

const except = {
  windows: "Windows has no AF_VSOCK",
  darwin: "macOS' vsock has other addresses",
  freebsd: "FreeBSD has no AF_VSOCK",
};

for (const engine of enginesHere) {
  const { name } = engine;
  engineTest(
    engine,
    "listen() and connect() over vsock, by loopback",
    async (fixture) => {
      const address = { family: "vsock", cid: VMADDR.CID_ANY, port: VMADDR.PORT_ANY } as const;
      const server = await listen(
        { address, engine: name },
        { data: (connection, bytes) => connection.write(bytes), end: (connection) => connection.end() },
      ).catch((error: Error) => error);
      if (server instanceof Error) return fixture.skip(`this kernel has no vsock: ${server.message}`);
      try {
        const at = server.address;
        assert.ok(at.family === "vsock" && at.port !== VMADDR.PORT_ANY);
        const client = await connect({
          address: { ...at, cid: VMADDR.CID_LOCAL },
          engine: name,
          timeout: 1500,
        }).catch((error: Error) => error);
        if (client instanceof Error) return fixture.skip(`it has no loopback: ${client.message}`);
        const { remoteAddress } = client;
        assert.ok(remoteAddress.family === "vsock" && remoteAddress.port === at.port);
        await client.write("over vsock");
        assert.equal(Buffer.from((await client.read()) ?? []).toString(), "over vsock");
        await client.close();
      } finally {
        await server.close();
      }
    },
    except,
  );

  engineTest(
    engine,
    "an address that is malformed, or not alone, opens nothing",
    async () => {
      const address = { family: "vsock", cid: 1, port: 5 } as const;
      await assert.rejects(listen({ address: { ...address, port: -1 }, engine: name }), {
        name: "RangeError",
      });
      for (const options of [
        { address: { family: "ipv4", address: "127.0.0.1", port: 0 } },
        { address, path: "/a" },
        { address, port: 5 },
        { address: null },
      ]) {
        await assert.rejects(listen({ ...(options as { port: number }), engine: name }), {
          name: "TypeError",
        });
      }
    },
    except,
  );
}
