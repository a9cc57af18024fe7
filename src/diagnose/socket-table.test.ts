import assert from "node:assert/strict";
import { test } from "node:test";
import { Fixture, loopback } from "../../test/fixture.ts";
import { except } from "../../test/platform.ts";
import { TCP } from "../options/tcp.ts";
import { bind } from "../posix/bind.ts";
import { connect } from "../posix/connect.ts";
import { getsockname } from "../posix/getsockname.ts";
import { listen } from "../posix/listen.ts";
import { setsockopt } from "../posix/setsockopt.ts";
import { internetSockets } from "./socket-table.ts";

const alone = "TCP_DEFER_ACCEPT is Linux's";

test(
  "a connection in the middle of its handshake is reported as connected (SYN_RECV)",
  except({ windows: alone, darwin: alone, freebsd: alone }),
  async (context) => {
    const fixture = new Fixture(context);
    context.after(() => fixture.end());
    const listener = fixture.tcp();
    setsockopt(listener, TCP.DEFER_ACCEPT, 30);
    bind(listener, loopback);
    listen(listener, 1);
    const address = getsockname(listener);
    assert.ok(address.family === "ipv4");
    const client = fixture.tcp();
    connect(client, address);
    const connected = internetSockets({ protocol: "tcp", uses: ["connected"], port: address.port });
    assert.deepEqual(
      connected?.map(({ peer }) => peer),
      [getsockname(client)],
    );
  },
);
