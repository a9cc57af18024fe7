import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { conformance } from "../../test/conformance.ts";
import { httpServersHidden } from "../../test/own-sockets.ts";
import { except } from "../../test/platform.ts";
import { accept } from "./accept.ts";
import { acceptQueue, effectiveBacklog } from "./accept-queue.ts";
import { bind } from "./bind.ts";
import { close } from "./close.ts";
import { connect } from "./connect.ts";
import { AF, SOCK } from "./constants.ts";
import { getsockname } from "./getsockname.ts";
import { listen } from "./listen.ts";
import { socket } from "./socket.ts";

conformance("acceptQueue", [
  {
    clause: "pending counts what waits, up with each connect and down with each accept",
    source: "tcp_get_info in net/ipv4/tcp.c; unix_diag.h",
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      for (const [domain, type] of [
        [AF.INET, SOCK.STREAM],
        [AF.INET6, SOCK.STREAM],
        [AF.UNIX, SOCK.STREAM],
        [AF.UNIX, SOCK.SEQPACKET],
      ] as const) {
        const server = fixture.socket(domain, type);
        if (domain === AF.UNIX) bind(server, fixture.abstractAddress());
        listen(server, 7);
        assert.deepEqual(acceptQueue(server), { pending: 0, limit: 7 });
        for (const pending of [1, 2, 3]) {
          connect(fixture.socket(domain, type), getsockname(server));
          assert.deepEqual(acceptQueue(server), { pending, limit: 7 });
        }
        fixture.own(accept(server).socket);
        assert.deepEqual(acceptQueue(server), { pending: 2, limit: 7 });
        assert.equal(effectiveBacklog(server), 7);
      }
    },
  },
  {
    clause: "undefined if the descriptor is not listening, not a socket, or not open",
    source: "berkeley",
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      const { client, server } = fixture.connection();
      const closed = fixture.tcp();
      close(closed);
      const unix = fixture.socket(AF.UNIX, SOCK.STREAM);
      bind(unix, fixture.abstractAddress());
      for (const socket of [
        fixture.tcp(),
        fixture.udp(),
        client,
        server,
        unix,
        fixture.pair()[0],
        closed,
        999_999,
      ]) {
        assert.equal(acceptQueue(socket), undefined);
        assert.equal(effectiveBacklog(socket), undefined);
      }
    },
  },
  {
    clause: "undefined where the system cannot tell",
    source: "berkeley",
    script: {},
    play(system) {
      using server = socket(AF.INET, SOCK.STREAM, 0, { system });
      listen(server, 5);
      assert.equal(acceptQueue(server), undefined);
    },
  },
]);

test("acceptQueue takes Node's own server", except(httpServersHidden), async () => {
  const server = createServer();
  assert.equal(acceptQueue(server), undefined);
  await new Promise<void>((resolve) => server.listen({ port: 0, host: "127.0.0.1", backlog: 9 }, resolve));
  assert.deepEqual(acceptQueue(server), { pending: 0, limit: 9 });
  await new Promise((resolve) => server.close(resolve));
});
