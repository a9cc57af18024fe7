import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { assertFails, conformance } from "../../test/conformance.ts";
import { loopback } from "../../test/fixture.ts";
import { accept } from "./accept.ts";
import { bind, tryBind } from "./bind.ts";
import { connect } from "./connect.ts";
import { AF, MSG, SOCK, VMADDR } from "./constants.ts";
import { getsockname } from "./getsockname.ts";
import { recv } from "./recv.ts";
import { send, trySend } from "./send.ts";
import { sendmmsg } from "./sendmmsg.ts";
import { sendmsg } from "./sendmsg.ts";
import { sendto } from "./sendto.ts";
import { trySocket } from "./socket.ts";

const none = "it has no such addresses";

conformance(
  "addresses of other families",
  [
    {
      clause: "alg: the kernel hashes what is sent to a socket that is accepted",
      source: "Documentation/crypto/userspace-if.rst",
      run(fixture) {
        const made = trySocket(AF.ALG, SOCK.SEQPACKET);
        if (!made.ok) return fixture.skip(made.error.message);
        const algorithm = fixture.own(made.value);
        const bound = tryBind(algorithm, { family: "alg", type: "hash", name: "sha256" });
        if (!bound.ok) return fixture.skip(`this kernel has no sha256: ${bound.error.message}`);
        assert.equal(tryBind(algorithm, { family: "alg", type: "hash", name: "no-such" }).ok, false);
        const { socket: operation } = accept(algorithm);
        fixture.own(operation);
        send(operation, Buffer.from("abc"));
        const digest = Buffer.alloc(64);
        const length = recv(operation, digest);
        const expected = createHash("sha256").update("abc").digest("hex");
        assert.equal(digest.toString("hex", 0, length), expected);
      },
    },
    {
      clause: "can: a raw socket is bound to an interface, and named after it",
      source: "Documentation/networking/can.rst, 4.1",
      run(fixture) {
        const made = trySocket(AF.CAN, SOCK.RAW, 1);
        if (!made.ok) return fixture.skip(made.error.message);
        bind(fixture.own(made.value), { family: "can", ifindex: 0 });
        const name = getsockname(made.value);
        assert.deepEqual(name, { family: "can", ifindex: 0, rxId: 0, txId: 0, pgn: 0, addr: 0 });
      },
    },
    {
      clause: "qipcrtr: a socket has a node and a port",
      source: "qrtr_autobind in net/qrtr/af_qrtr.c",
      run(fixture) {
        const made = trySocket(AF.QIPCRTR, SOCK.DGRAM);
        if (!made.ok) return fixture.skip(made.error.message);
        const name = getsockname(fixture.own(made.value));
        assert.equal(name.family, "qipcrtr");
      },
    },
    {
      clause: "rds: a message without MSG_NOSIGNAL, which the family rejects, by every call",
      source: "rds_sendmsg in net/rds/send.c",
      run(fixture) {
        const sockets = [1, 2].map(() => {
          const made = trySocket(AF.RDS, SOCK.SEQPACKET);
          if (made.ok) bind(fixture.own(made.value), loopback);
          return made;
        });
        const [sender, receiver] = sockets;
        if (sender === undefined || receiver === undefined) return;
        if (!sender.ok) return fixture.skip(sender.error.message);
        if (!receiver.ok) return fixture.skip(receiver.error.message);
        const address = getsockname(receiver.value);
        const data = [Buffer.from("hello")] as const;
        sendto(sender.value, data[0], 0, address);
        sendmsg(sender.value, { data, address });
        assert.equal(sendmmsg(sender.value, [{ data, address }]), 1);
        // The address of a socket without one: connect() names it.
        connect(sender.value, address);
        assert.equal(send(sender.value, data[0]), 5);
        for (let received = 0; received < 4; received += 1) {
          const buffer = Buffer.alloc(16);
          assert.equal(buffer.toString("latin1", 0, recv(receiver.value, buffer)), "hello");
        }
        // A flag of the caller's own is still an error.
        assertFails(trySend(sender.value, data[0], MSG.OOB), "OperationNotSupported", "EOPNOTSUPP");
      },
    },
    {
      clause: "tipc: a socket has a reference",
      source: "tipc_getname in net/tipc/socket.c",
      run(fixture) {
        const made = trySocket(AF.TIPC, SOCK.RDM);
        if (!made.ok) return fixture.skip(made.error.message);
        const name = getsockname(fixture.own(made.value));
        assert.ok(name.family === "tipc" && name.type === "socket" && name.ref !== 0);
        bind(made.value, { family: "tipc", type: "range", service: 18_888, lower: 0, upper: 9, scope: 3 });
      },
    },
    {
      clause: "xdp: a queue that is not set up is InvalidArgument; a bad interface is none",
      source: "xsk_bind in net/xdp/xsk.c",
      run(fixture) {
        const made = trySocket(AF.XDP, SOCK.RAW);
        if (!made.ok) return fixture.skip(made.error.message);
        const address = { family: "xdp", ifindex: "lo", queueId: 0 } as const;
        assert.equal(tryBind(fixture.own(made.value), address).ok, false);
      },
    },
    {
      clause: "bluetooth: a socket of no adapter is bound to any address",
      source: "rfcomm_sock_bind in net/bluetooth/rfcomm/sock.c",
      run(fixture) {
        const made = trySocket(AF.BLUETOOTH, SOCK.STREAM, 3);
        if (!made.ok) return fixture.skip(made.error.message);
        const any = {
          family: "bluetooth",
          protocol: "rfcomm",
          address: "00:00:00:00:00:00",
          channel: 0,
        } as const;
        bind(fixture.own(made.value), any);
        assert.deepEqual(getsockname(made.value), any);
      },
    },
    {
      clause: "vsock: any context, and a free port",
      source: "vsock(7); __vsock_bind in net/vmw_vsock/af_vsock.c",
      run(fixture) {
        const made = trySocket(AF.VSOCK, SOCK.STREAM);
        if (!made.ok) return fixture.skip(made.error.message);
        bind(fixture.own(made.value), { family: "vsock", cid: VMADDR.CID_ANY, port: VMADDR.PORT_ANY });
        const name = getsockname(made.value);
        assert.ok(name.family === "vsock" && name.cid === VMADDR.CID_ANY && name.port !== VMADDR.PORT_ANY);
      },
    },
  ],
  { windows: none, darwin: none, freebsd: none },
);
