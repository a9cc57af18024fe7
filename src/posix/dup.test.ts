import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { closeDescriptor } from "../../test/close-descriptor.ts";
import { closedSocket } from "../../test/closed-rows.ts";
import { closesOnExec } from "../../test/closes-on-exec.ts";
import { assertFails, conformance, documentedErrors } from "../../test/conformance.ts";
import { loopback } from "../../test/fixture.ts";
import { runWithDescriptors } from "../../test/program.ts";
import { winsockRows } from "../../test/winsock.ts";
import { SO } from "../options/so.ts";
import { bind } from "./bind.ts";
import { close } from "./close.ts";
import { AF, SHUT, SOCK } from "./constants.ts";
import { dup, dupErrors, tryDup } from "./dup.ts";
import { getsockname } from "./getsockname.ts";
import { getsockopt } from "./getsockopt.ts";
import { Socket } from "./owned-socket.ts";
import { recv, tryRecv } from "./recv.ts";
import { send } from "./send.ts";
import { setNonblocking } from "./setNonblocking.ts";
import { setsockopt } from "./setsockopt.ts";
import { shutdown } from "./shutdown.ts";
import { socket } from "./socket.ts";

const POSIX = "POSIX dup(3p)";

conformance("dup", [
  {
    clause: "the duplicate is the same open socket: address, options, and what is shut down",
    source: `${POSIX}, DESCRIPTION; POSIX fcntl(3p), F_DUPFD`,
    run(fixture) {
      const { client, server } = fixture.connection();
      const copy = fixture.own(dup(client));
      assert.notEqual(copy.fd, client.fd);
      assert.deepEqual(
        [copy.domain, copy.type, copy.protocol],
        [client.domain, client.type, client.protocol],
      );
      assert.deepEqual(getsockname(copy), getsockname(client));
      setsockopt(copy, SO.KEEPALIVE, true);
      assert.equal(getsockopt(client, SO.KEEPALIVE), true);
      send(copy, Buffer.from("a"));
      send(client, Buffer.from("b"));
      shutdown(copy, SHUT.WR);
      const buffer = Buffer.alloc(8);
      let text = "";
      for (let count = recv(server, buffer); count > 0; count = recv(server, buffer)) {
        text += buffer.toString("utf8", 0, count);
      }
      assert.equal(text, "ab");
    },
  },
  {
    clause: "least: the least number that is free from there on",
    source: "POSIX fcntl(3p), F_DUPFD; fcntl(2), F_DUPFD_CLOEXEC",
    run(fixture) {
      const { client } = fixture.connection();
      const first = fixture.own(dup(client, { least: 200 }));
      const second = fixture.own(dup(client, { least: 200, closeOnExec: false }));
      assert.deepEqual([first.fd, second.fd], [200, 201]);
    },
    except: { windows: "handles have no such order" },
  },
  {
    clause: "the socket stays open until the last duplicate is closed, in either order",
    source: "POSIX close(3p), DESCRIPTION",
    run(fixture) {
      for (const first of ["original", "duplicate"] as const) {
        const { client, server } = fixture.connection();
        const copy = fixture.own(dup(client));
        close(first === "original" ? client : copy);
        const left = first === "original" ? copy : client;
        send(left, Buffer.from("x"));
        assert.equal(recv(server, new Uint8Array(8)), 1);
        close(left);
        assert.equal(recv(server, new Uint8Array(8)), 0);
      }
    },
  },
  {
    clause: "O_NONBLOCK is the open socket's, and so the duplicate's",
    source: "POSIX fcntl(3p), F_SETFL: file status flags are of the open file description",
    run(fixture) {
      const receiver = fixture.udp({ nonblocking: true });
      bind(receiver, loopback);
      const copy = fixture.own(dup(receiver));
      assertFails(tryRecv(copy, new Uint8Array(1)), "WouldBlock");
      const other = fixture.udp();
      bind(other, loopback);
      const copyOfOther = fixture.own(dup(other));
      setNonblocking(copyOfOther, true);
      assertFails(tryRecv(other, new Uint8Array(1)), "WouldBlock");
    },
  },
  {
    clause: "close-on-exec is set unless told otherwise, whatever that of the other is",
    source: "POSIX fcntl(3p), F_DUPFD_CLOEXEC; dup(2)",
    except: { wine: "Wine's WSASocketW() makes every duplicate one that is not inherited" },
    run(fixture) {
      for (const closeOnExec of [true, false]) {
        const made = fixture.tcp({ closeOnExec });
        assert.equal(closesOnExec(fixture.own(dup(made)).fd), true);
        assert.equal(closesOnExec(fixture.own(dup(made, { closeOnExec: true })).fd), true);
        assert.equal(closesOnExec(fixture.own(dup(made, { closeOnExec: false })).fd), false);
      }
    },
  },
  {
    clause: "a descriptor number stays its caller's, and the duplicate has an owner",
    source: "berkeley",
    run(fixture) {
      const made = fixture.boundTcp();
      const copy = fixture.own(dup(made.fd));
      assert.ok(copy instanceof Socket);
      assert.throws(() => Socket.from(copy.fd), { code: "ERR_INVALID_STATE" });
      assert.deepEqual(getsockname(copy), getsockname(made));
    },
  },
  {
    clause: "the lowest number that is free",
    source: `${POSIX}, DESCRIPTION`,
    except: { windows: "Windows' handles have no order" },
    run(fixture) {
      const [first, second] = [fixture.tcp(), fixture.tcp()];
      const { fd } = first;
      close(first);
      assert.equal(fixture.own(dup(second)).fd, fd);
    },
  },
  {
    clause: "a descriptor that is not a socket: no Socket is made, and the duplicate is closed",
    source: "berkeley",
    except: { windows: "a descriptor of C's is no handle to Winsock" },
    run() {
      const file = openSync("/dev/null", "r");
      assertFails(tryDup(file), "FileDescriptorNotASocket", "ENOTSOCK");
      closeSync(file);
    },
  },
  {
    clause: "EBADF: the descriptor was closed behind our back",
    source: `${POSIX}, ERRORS`,
    except: { windows: "a handle that is closed is WSAENOTSOCK to Windows, not EBADF" },
    run(fixture) {
      const made = fixture.tcp();
      closeDescriptor(made.fd);
      for (const closeOnExec of [true, false]) {
        assertFails(tryDup(made, { closeOnExec }), "BadFileDescriptor", "EBADF");
      }
      made.detach();
    },
  },
  {
    clause: "EMFILE: the process has no descriptor left",
    source: `${POSIX}, ERRORS; F_DUPFD_CLOEXEC in fcntl(2)`,
    except: { windows: "it is about POSIX's limits" },
    run() {
      runWithDescriptors(100, new URL("dup-last-descriptor.child.js", import.meta.url));
    },
  },
  closedSocket((socket) => tryDup(socket)),
  ...winsockRows("dup", (socket) => tryDup(socket)),
  ...documentedErrors(dupErrors, (system) => {
    using made = socket(AF.INET, SOCK.STREAM, 0, { system });
    return tryDup(made);
  }),
]);
