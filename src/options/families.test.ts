// Options of ALG, Bluetooth, CAN and TIPC, families that few kernels all have.
import assert from "node:assert/strict";
import { createCipheriv, createHmac } from "node:crypto";
import { assertFails } from "../../test/conformance.ts";
import type { Fixture } from "../../test/fixture.ts";
import { isLinuxSince } from "../../test/linux-version.ts";
import { lacking, observed, optionTests, roundTrip, toggles } from "../../test/round-trip.ts";
import { accept } from "../posix/accept.ts";
import { tryBind } from "../posix/bind.ts";
import { AF, SOCK } from "../posix/constants.ts";
import {
  ALG_OP,
  BT_MODE,
  BT_SECURITY,
  BT_VOICE,
  BTPROTO,
  CAN,
  TIPC_IMPORTANCE,
  TIPC_SCOPE,
} from "../posix/family-constants.ts";
import { getsockname } from "../posix/getsockname.ts";
import { getsockopt, tryGetsockopt } from "../posix/getsockopt.ts";
import type { Socket } from "../posix/owned-socket.ts";
import { recv } from "../posix/recv.ts";
import { send } from "../posix/send.ts";
import { sendmsg, trySendmsg } from "../posix/sendmsg.ts";
import { setsockopt, trySetsockopt } from "../posix/setsockopt.ts";
import { trySocket } from "../posix/socket.ts";
import { ALG } from "./alg.ts";
import { BT } from "./bt.ts";
import { CAN_J1939, CAN_RAW } from "./can.ts";
import { TIPC } from "./tipc.ts";

type Row = ReturnType<typeof observed>;

// A system without a family lacks its values, too, and skips the rows that use them. Their names
// have Linux's numbers.
const secure = "HIGH" in BT_SECURITY ? BT_SECURITY.HIGH : 3;
const basic = "BASIC" in BT_MODE ? BT_MODE.BASIC : 0;
const cvsd = "CVSD_16BIT" in BT_VOICE ? BT_VOICE.CVSD_16BIT : 0x60;
const transparent = "TRANSPARENT" in BT_VOICE ? BT_VOICE.TRANSPARENT : 3;
const allErrors = "ERR_MASK" in CAN ? CAN.ERR_MASK : 0x1fffffff;
const standardFrame = "SFF_MASK" in CAN ? CAN.SFF_MASK : 0x7ff;
const important = "HIGH" in TIPC_IMPORTANCE ? TIPC_IMPORTANCE.HIGH : 2;
const ofThisNode = "NODE" in TIPC_SCOPE ? TIPC_SCOPE.NODE : 3;

/**
 * The socket that an algorithm is bound to; undefined, and the row is skipped, if there is none.
 */
function algorithm(fixture: Fixture, type: string, name: string): Socket | undefined {
  const made = trySocket(AF.ALG, SOCK.SEQPACKET);
  if (!made.ok) fixture.skip(`this kernel lacks it: ${made.error.message}`);
  else {
    const bound = tryBind(fixture.own(made.value), { family: "alg", type, name });
    if (bound.ok) return made.value;
    fixture.skip(`this kernel has no ${name}: ${bound.error.message}`);
  }
  return undefined;
}

const key = Buffer.alloc(16, 1);
const iv = Buffer.alloc(16, 2);

optionTests("SOL_ALG", ALG, [
  observed(ALG.SET_AEAD_AUTHSIZE, "a tag of that length follows what is encrypted", (fixture) => {
    const cipher = algorithm(fixture, "aead", "gcm(aes)");
    if (cipher === undefined) return;
    setsockopt(cipher, ALG.SET_KEY, key);
    setsockopt(cipher, ALG.SET_AEAD_AUTHSIZE, 12);
    assertFails(trySetsockopt(cipher, ALG.SET_AEAD_AUTHSIZE, 3), "InvalidArgument");
    const operation = fixture.own(accept(cipher).socket);
    const data = Buffer.from("header, plain text");
    const control = [
      { type: "ALG_SET_OP", value: ALG_OP.ENCRYPT },
      { type: "ALG_SET_IV", iv: iv.subarray(0, 12) },
      { type: "ALG_SET_AEAD_ASSOCLEN", value: 8 },
    ] as const;
    sendmsg(operation, { data: [data], control });
    const expected = createCipheriv("aes-128-gcm", key, iv.subarray(0, 12), { authTagLength: 12 });
    expected.setAAD(data.subarray(0, 8), { plaintextLength: 10 });
    const text = Buffer.concat([expected.update(data.subarray(8)), expected.final(), expected.getAuthTag()]);
    // A longer buffer would block (aead_recvmsg in crypto/algif_aead.c).
    const buffer = Buffer.alloc(data.byteLength + 12);
    assert.equal(recv(operation, buffer), buffer.byteLength);
    assert.deepEqual(buffer.subarray(8), text);
  }),
  observed(
    ALG.SET_DRBG_ENTROPY,
    "before accept(), and with a privilege",
    (fixture) => {
      const generator = algorithm(fixture, "rng", "stdrng");
      if (generator !== undefined) setsockopt(generator, ALG.SET_DRBG_ENTROPY, Buffer.alloc(256, 7));
    },
    {
      needs: "CAP_SYS_ADMIN",
      requires: "CONFIG_CRYPTO_USER_API_RNG_CAVP",
      source: "rng_setentropy in crypto/algif_rng.c",
    },
  ),
  observed(ALG.SET_KEY, "a hash and a cipher of the kernel's are those of OpenSSL", (fixture) => {
    const hash = algorithm(fixture, "hash", "hmac(sha256)");
    const cipher = hash && algorithm(fixture, "skcipher", "cbc(aes)");
    if (hash === undefined || cipher === undefined) return;
    const data = Buffer.from("sixteen byte text").subarray(0, 16);
    const control = [
      { type: "ALG_SET_OP", value: ALG_OP.ENCRYPT },
      { type: "ALG_SET_IV", iv },
    ] as const;
    const keyless = fixture.own(accept(cipher).socket);
    assertFails(trySendmsg(keyless, { data: [data], control }), "AccessDenied", "ENOKEY");
    // A key of a wrong length removes the current one.
    assertFails(trySetsockopt(cipher, ALG.SET_KEY, key.subarray(1)), "InvalidArgument");
    for (const each of [hash, cipher]) setsockopt(each, ALG.SET_KEY, key);
    const buffer = Buffer.alloc(64);
    const hashing = fixture.own(accept(hash).socket);
    send(hashing, Buffer.from("abc"));
    const digest = createHmac("sha256", key).update("abc").digest();
    assert.deepEqual(buffer.subarray(0, recv(hashing, buffer)), digest);
    const operation = fixture.own(accept(cipher).socket);
    sendmsg(operation, { data: [data], control });
    const expected = createCipheriv("aes-128-cbc", key, iv).setAutoPadding(false);
    const block = Buffer.alloc(16);
    assert.equal(recv(operation, block), 16);
    assert.deepEqual(block, expected.update(data));
  }),
  observed(
    ALG.SET_KEY_BY_KEY_SERIAL,
    "ENOKEY: there is no such key",
    (fixture) => {
      const hash = algorithm(fixture, "hash", "hmac(sha256)");
      if (hash === undefined) return;
      const result = trySetsockopt(hash, ALG.SET_KEY_BY_KEY_SERIAL, 0x7fffffff);
      if (!result.ok && result.error.code === "ENOPROTOOPT") throw result.error;
      assertFails(result, "AccessDenied", "ENOKEY");
    },
    { requires: "Linux 6.2", source: "alg_setkey_by_key_serial in crypto/af_alg.c" },
  ),
]);

const l2cap = (fixture: Fixture) => fixture.socket(AF.BLUETOOTH, SOCK.SEQPACKET, BTPROTO.L2CAP);
const withBluetooth = (row: Row) =>
  lacking(row, () => trySocket(AF.BLUETOOTH, SOCK.SEQPACKET, BTPROTO.L2CAP));
const sco = (fixture: Fixture) => fixture.socket(AF.BLUETOOTH, SOCK.SEQPACKET, BTPROTO.SCO);
const withSco = (row: Row) => lacking(row, () => trySocket(AF.BLUETOOTH, SOCK.SEQPACKET, BTPROTO.SCO));
const anyL2cap = { family: "bluetooth", protocol: "l2cap", address: "00:00:00:00:00:00" } as const;
const ofLowEnergy = "is not for BR/EDR, of which a new socket is";

optionTests("SOL_BLUETOOTH", BT, [
  withBluetooth(
    observed(BT.DEFER_SETUP, "it is off at first, and set before connect()", (fixture) => {
      const socket = l2cap(fixture);
      assertFails(tryGetsockopt(socket, BT.DEFER_SETUP), "InvalidArgument");
      if (!tryBind(socket, { ...anyL2cap, psm: 0, cid: 0, addressType: 0 }).ok) return;
      setsockopt(socket, BT.DEFER_SETUP, true);
      assert.equal(getsockopt(socket, BT.DEFER_SETUP), true);
    }),
  ),
  withBluetooth(roundTrip(BT.FLUSHABLE, l2cap, true)),
  withBluetooth(
    observed(
      BT.MODE,
      "BASIC of a new socket, and set between bind() and connect()",
      (fixture) => {
        const socket = l2cap(fixture);
        assert.equal(getsockopt(socket, BT.MODE), basic);
        assertFails(trySetsockopt(socket, BT.MODE, basic), "InvalidArgument");
        if (!tryBind(socket, { ...anyL2cap, psm: 0, cid: 0, addressType: 0 }).ok) return;
        setsockopt(socket, BT.MODE, basic);
        assert.equal(getsockopt(socket, BT.MODE), basic);
      },
      {
        requires: "enable_ecred of the module bluetooth",
        source: "l2cap_sock_setsockopt in net/bluetooth/l2cap_sock.c",
      },
    ),
  ),
  withBluetooth(
    observed(BT.PHY, "ENOTCONN: it is that of a connection", (fixture) => {
      assertFails(tryGetsockopt(l2cap(fixture), BT.PHY), "SocketNotConnected", "ENOTCONN");
    }),
  ),
  withSco(
    observed(BT.PKT_STATUS, "it is set, then cleared, which Linux 6.1 does not do", (fixture) => {
      const made = sco(fixture);
      assert.equal(getsockopt(made, BT.PKT_STATUS), false);
      setsockopt(made, BT.PKT_STATUS, true);
      assert.equal(getsockopt(made, BT.PKT_STATUS), true);
      setsockopt(made, BT.PKT_STATUS, false);
      // Its sco_sock_setsockopt() keeps the bit that it means to clear.
      if (isLinuxSince([6, 12])) assert.equal(getsockopt(made, BT.PKT_STATUS), false);
    }),
  ),
  withBluetooth(roundTrip(BT.POWER, l2cap, false)),
  withBluetooth(
    observed(BT.RCVMTU, ofLowEnergy, (fixture) => {
      assertFails(trySetsockopt(l2cap(fixture), BT.RCVMTU, 100), "InvalidArgument");
    }),
  ),
  withBluetooth(roundTrip(BT.SECURITY, l2cap, { level: secure, keySize: 0 })),
  withBluetooth(
    observed(BT.SNDMTU, ofLowEnergy, (fixture) => {
      assertFails(tryGetsockopt(l2cap(fixture), BT.SNDMTU), "InvalidArgument");
    }),
  ),
  withSco(
    observed(
      BT.VOICE,
      "CVSD at first, whose adapter must exist",
      (fixture) => {
        const socket = sco(fixture);
        assert.equal(getsockopt(socket, BT.VOICE), cvsd);
        const set = trySetsockopt(socket, BT.VOICE, transparent);
        // EBADFD without an adapter, since Linux 5.16.
        if (!set.ok) assert.equal(set.error.code, "EBADFD");
        assert.equal(getsockopt(socket, BT.VOICE), transparent);
      },
      { source: "sco_sock_setsockopt in net/bluetooth/sco.c" },
    ),
  ),
]);

const canRaw = (fixture: Fixture) => fixture.socket(AF.CAN, SOCK.RAW, CAN.RAW);
const withCan = (row: Row) => lacking(row, () => trySocket(AF.CAN, SOCK.RAW, CAN.RAW));

optionTests("SOL_CAN_RAW", CAN_RAW, [
  withCan(roundTrip(CAN_RAW.ERR_FILTER, canRaw, allErrors)),
  withCan(toggles(CAN_RAW.FD_FRAMES, canRaw)),
  withCan(
    roundTrip(CAN_RAW.FILTER, canRaw, [
      { id: 0x123, mask: standardFrame },
      { id: 0x80000200, mask: 0xc0000700 },
    ]),
  ),
  withCan(
    observed(CAN_RAW.FILTER, "up to 512 of them, or none", (fixture) => {
      const socket = canRaw(fixture);
      const filters = Array.from({ length: 512 }, (_, id) => ({ id, mask: standardFrame }));
      setsockopt(socket, CAN_RAW.FILTER, filters);
      assert.deepEqual(getsockopt(socket, CAN_RAW.FILTER), filters);
      setsockopt(socket, CAN_RAW.FILTER, []);
      assert.deepEqual(getsockopt(socket, CAN_RAW.FILTER), []);
      assert.throws(() => setsockopt(socket, CAN_RAW.FILTER, [...filters, { id: 0, mask: 0 }]), RangeError);
    }),
  ),
  withCan(toggles(CAN_RAW.JOIN_FILTERS, canRaw)),
  withCan(toggles(CAN_RAW.LOOPBACK, canRaw)),
  withCan(toggles(CAN_RAW.RECV_OWN_MSGS, canRaw)),
  withCan(toggles(CAN_RAW.XL_FRAMES, canRaw, { requires: "Linux 6.2" })),
]);

const j1939 = (fixture: Fixture) => fixture.socket(AF.CAN, SOCK.DGRAM, CAN.J1939);
const withJ1939 = (row: Row) => lacking(row, () => trySocket(AF.CAN, SOCK.DGRAM, CAN.J1939));

optionTests("SOL_CAN_J1939", CAN_J1939, [
  withJ1939(toggles(CAN_J1939.ERRQUEUE, j1939)),
  withJ1939(
    observed(CAN_J1939.FILTER, "filters are set, and removed", (fixture) => {
      const socket = j1939(fixture);
      const filters = [
        { pgn: 0x12300, pgnMask: 0x3ff00 },
        { name: 1n, nameMask: 1n, addr: 2, addrMask: 0xff },
      ];
      setsockopt(socket, CAN_J1939.FILTER, filters);
      setsockopt(socket, CAN_J1939.FILTER, []);
    }),
  ),
  withJ1939(toggles(CAN_J1939.PROMISC, j1939)),
  withJ1939(roundTrip(CAN_J1939.SEND_PRIO, j1939, 3)),
]);

const tipc = (fixture: Fixture) => fixture.socket(AF.TIPC, SOCK.RDM);
const withTipc = (row: Row) => lacking(row, () => trySocket(AF.TIPC, SOCK.RDM));
const group = { service: 18_999, instance: 7, scope: ofThisNode } as const;

optionTests("SOL_TIPC", TIPC, [
  withTipc(roundTrip(TIPC.CONN_TIMEOUT, tipc, 1500)),
  withTipc(toggles(TIPC.DEST_DROPPABLE, tipc)),
  withTipc(
    observed(TIPC.GROUP_JOIN, "once, with a number that programs may use", (fixture) => {
      const socket = tipc(fixture);
      const reserved = { ...group, service: 1 };
      assertFails(trySetsockopt(socket, TIPC.GROUP_JOIN, reserved), "AccessDenied", "EACCES");
      setsockopt(socket, TIPC.GROUP_JOIN, { ...group, loopback: true, memberEvents: true });
      assert.equal(trySetsockopt(socket, TIPC.GROUP_JOIN, group).ok, false);
    }),
  ),
  withTipc(
    observed(TIPC.GROUP_LEAVE, "the group can be joined again", (fixture) => {
      const socket = tipc(fixture);
      setsockopt(socket, TIPC.GROUP_JOIN, group);
      setsockopt(socket, TIPC.GROUP_LEAVE, true);
      setsockopt(socket, TIPC.GROUP_JOIN, group);
    }),
  ),
  withTipc(roundTrip(TIPC.IMPORTANCE, tipc, important)),
  withTipc(
    observed(TIPC.MCAST_BROADCAST, "is set", (fixture) =>
      setsockopt(tipc(fixture), TIPC.MCAST_BROADCAST, true),
    ),
  ),
  withTipc(
    observed(TIPC.MCAST_REPLICAST, "is set", (fixture) =>
      setsockopt(tipc(fixture), TIPC.MCAST_REPLICAST, true),
    ),
  ),
  withTipc(observed(TIPC.NODELAY, "is set", (fixture) => setsockopt(tipc(fixture), TIPC.NODELAY, true))),
  withTipc(
    observed(TIPC.NODE_RECVQ_DEPTH, "is 0", (fixture) => {
      assert.equal(getsockopt(tipc(fixture), TIPC.NODE_RECVQ_DEPTH), 0);
    }),
  ),
  withTipc(
    observed(TIPC.SOCK_RECVQ_DEPTH, "counts messages that wait", (fixture) => {
      const [sender, receiver] = [tipc(fixture), tipc(fixture)];
      assert.equal(getsockopt(receiver, TIPC.SOCK_RECVQ_DEPTH), 0);
      sendmsg(sender, { address: getsockname(receiver), data: [Buffer.from("hello")] });
      assert.equal(getsockopt(receiver, TIPC.SOCK_RECVQ_DEPTH), 1);
    }),
  ),
  withTipc(
    observed(TIPC.SOCK_RECVQ_USED, "counts bytes of messages that wait", (fixture) => {
      const [sender, receiver] = [tipc(fixture), tipc(fixture)];
      assert.equal(getsockopt(receiver, TIPC.SOCK_RECVQ_USED), 0);
      sendmsg(sender, { address: getsockname(receiver), data: [Buffer.from("hello")] });
      assert.ok(getsockopt(receiver, TIPC.SOCK_RECVQ_USED) > 5);
    }),
  ),
  withTipc(toggles(TIPC.SRC_DROPPABLE, tipc)),
]);
