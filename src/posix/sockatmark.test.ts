import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { test } from "node:test";
import { closedBehindOurBack, closedSocket } from "../../test/closed-rows.ts";
import { assertFails, conformance, documentedErrors } from "../../test/conformance.ts";
import { winsockRows } from "../../test/winsock.ts";
import { AF, IPPROTO, MSG, POLL, SHUT, SOCK } from "./constants.ts";
import { poll } from "./poll.ts";
import { recv } from "./recv.ts";
import { send, trySend } from "./send.ts";
import { shutdown } from "./shutdown.ts";
import { isSockatmarkError, sockatmark, sockatmarkErrors, trySockatmark } from "./sockatmark.ts";
import { socket } from "./socket.ts";

const POSIX = "POSIX sockatmark(3p)";

conformance("sockatmark", [
  {
    clause: "true where the data before the mark is received, and the mark is first in the queue",
    source: `${POSIX}, DESCRIPTION`,
    except: {
      windows:
        "SIOCATMARK tells whether no out-of-band data is left, unless it is in line " +
        "(Winsock IOCTLs, SIOCATMARK)",
    },
    run(fixture) {
      const { client, server } = fixture.connection();
      assert.equal(sockatmark(server), false);
      send(client, Buffer.from("ab"));
      send(client, Buffer.from("!"), MSG.OOB);
      send(client, Buffer.from("cd"));
      poll([{ socket: server, events: POLL.PRI }], 5000);
      assert.equal(sockatmark(server), false);
      const buffer = Buffer.alloc(16);
      assert.equal(recv(server, buffer), 2, "recv stops at the mark");
      assert.equal(buffer.toString("utf8", 0, 2), "ab");
      assert.equal(sockatmark(server), true);
    },
  },
  {
    clause: "the mark stays where it is: only receiving moves past it",
    source: `${POSIX}, DESCRIPTION`,
    except: {
      windows:
        "SIOCATMARK tells whether no out-of-band data is left, unless it is in line " +
        "(Winsock IOCTLs, SIOCATMARK)",
    },
    run(fixture) {
      const { client, server } = fixture.connection();
      send(client, Buffer.from("!"), MSG.OOB);
      poll([{ socket: server, events: POLL.PRI }], 5000);
      for (let times = 0; times < 3; times++) assert.equal(sockatmark(server), true);
      assert.equal(recv(server, new Uint8Array(1), MSG.OOB), 1);
      assert.equal(sockatmark(server), true, "the byte was taken out of band, and the mark is there still");
      send(client, Buffer.from("a"));
      assert.equal(recv(server, new Uint8Array(8)), 1);
      assert.equal(sockatmark(server), false);
    },
  },
  {
    clause: "a later mark takes the place of an earlier one, whose byte is an ordinary one from then on",
    source: "tcp(7), Urgent data; tcp_check_urg in net/ipv4/tcp_input.c",
    except: { windows: "Windows has no POLL_RDHUP" },
    run(fixture) {
      const { client, server } = fixture.connection();
      send(client, Buffer.from("a"));
      for (const text of ["1", "2"]) send(client, Buffer.from(text), MSG.OOB);
      shutdown(client, SHUT.WR);
      poll([{ socket: server, events: POLL.RDHUP }], 5000);
      const buffer = Buffer.alloc(8);
      assert.equal(buffer.toString("utf8", 0, recv(server, buffer)), "a1");
      assert.equal(sockatmark(server), true);
    },
  },
  {
    clause: "false where no mark was sent, connected or not",
    source: `${POSIX}, RETURN VALUE`,
    except: {
      windows:
        "SIOCATMARK tells whether no out-of-band data is left, unless it is in line " +
        "(Winsock IOCTLs, SIOCATMARK)",
    },
    run(fixture) {
      const { client, server } = fixture.connection();
      send(client, Buffer.from("a"));
      const sockets = [
        client,
        server,
        fixture.tcp(),
        fixture.listener(),
        fixture.socket(AF.INET6, SOCK.STREAM),
      ];
      for (const made of sockets) assert.equal(sockatmark(made), false);
    },
  },
  {
    clause: "unix stream sockets have marks, too",
    source: "unix(7), MSG_OOB; unix_ioctl in net/unix/af_unix.c, CONFIG_AF_UNIX_OOB",
    except: { windows: "Windows' unix sockets have no out-of-band data" },
    run(fixture) {
      const [left, right] = fixture.pair();
      const sent = trySend(left, Buffer.from("!"), MSG.OOB);
      if (!sent.ok) return fixture.skip(sent.error.message);
      assert.equal(sockatmark(right), true);
    },
  },
  {
    clause: "ENOTTY: the descriptor does not refer to a socket; some devices say EINVAL",
    source: `${POSIX}, ERRORS; random_ioctl in drivers/char/random.c`,
    except: { windows: "a descriptor of C's is no handle to Winsock" },
    run() {
      for (const [path, code] of [
        ["/dev/null", "ENOTTY"],
        ["/etc/passwd", "ENOTTY"],
        ["/dev", "ENOTTY"],
        ["/dev/urandom", "EINVAL"],
      ] as const) {
        const file = openSync(path, "r");
        assertFails(trySockatmark(file), "FileDescriptorNotASocket", code);
        closeSync(file);
      }
    },
  },
  {
    clause: "EINVAL, on Linux ENOTTY and EOPNOTSUPP: the socket's protocol has no out-of-band data",
    source: "sockatmark(3), ERRORS; udp_ioctl in net/ipv4/udp.c; unix_ioctl in net/unix/af_unix.c",
    except: { windows: "Windows has no IPPROTO_MPTCP" },
    run(fixture) {
      for (const made of [
        fixture.udp(),
        fixture.socket(AF.INET6, SOCK.DGRAM),
        fixture.socket(AF.INET, SOCK.STREAM, IPPROTO.MPTCP),
        fixture.socket(AF.NETLINK, SOCK.RAW),
      ]) {
        assertFails(trySockatmark(made), "OperationNotSupported", "ENOTTY");
      }
      for (const type of [SOCK.DGRAM, SOCK.SEQPACKET]) {
        assertFails(trySockatmark(fixture.pair(type)[0]), "OperationNotSupported", "EOPNOTSUPP");
      }
    },
  },
  {
    clause: "EINVAL of a socket is OperationNotSupported",
    source: "sockatmark(3), ERRORS",
    script: { sockatmark: [-22] },
    play(system) {
      using made = socket(AF.INET, SOCK.STREAM, 0, { system });
      assertFails(trySockatmark(made), "OperationNotSupported", "EINVAL");
    },
  },
  closedBehindOurBack(`${POSIX}, ERRORS; sockatmark(3)`, (socket) => trySockatmark(socket)),
  closedSocket((socket) => trySockatmark(socket)),
  ...winsockRows("sockatmark", (socket) => trySockatmark(socket)),
  ...documentedErrors(sockatmarkErrors, (system) => {
    using made = socket(AF.INET, SOCK.STREAM, 0, { system });
    return trySockatmark(made);
  }),
]);

test("sockatmark throws what trySockatmark returns, with the caller's stack", () => {
  using made = socket(AF.INET, SOCK.DGRAM);
  assert.throws(
    () => {
      sockatmark(made);
    },
    (error: unknown) => {
      assert.ok(isSockatmarkError(error));
      assert.equal(error.name, "OperationNotSupported");
      assert.match(error.stack?.split("\n")[1] ?? "", /sockatmark\.test\./);
      return true;
    },
  );
});
