// Options of ISO-TP, KCM, LLC and RDS, which few kernels have.
import assert from "node:assert/strict";
import { assertFails } from "../../test/conformance.ts";
import { type Fixture, loopback } from "../../test/fixture.ts";
import { lacking, observed, optionTests, roundTrip, toggles } from "../../test/round-trip.ts";
import { bind } from "../posix/bind.ts";
import { AF, SOCK } from "../posix/constants.ts";
import { CAN, CAN_ISOTP_FLAG, RDS_TRANS } from "../posix/family-constants.ts";
import { getsockname } from "../posix/getsockname.ts";
import { getsockopt } from "../posix/getsockopt.ts";
import { sendto } from "../posix/sendto.ts";
import { setsockopt, trySetsockopt } from "../posix/setsockopt.ts";
import { trySocket } from "../posix/socket.ts";
import { CAN_ISOTP } from "./can.ts";
import { KCM } from "./kcm.ts";
import { LLC } from "./llc.ts";
import { RDS } from "./rds.ts";

type Row = ReturnType<typeof observed>;

// A system without a family lacks its values, too, and skips the rows that use them.
const padding = "TX_PADDING" in CAN_ISOTP_FLAG ? CAN_ISOTP_FLAG.TX_PADDING : 4;
const noTransport = "NONE" in RDS_TRANS ? RDS_TRANS.NONE : -1;
const overTcp = "TCP" in RDS_TRANS ? RDS_TRANS.TCP : 2;

const isotp = (fixture: Fixture) => fixture.socket(AF.CAN, SOCK.DGRAM, CAN.ISOTP);
const withIsotp = (row: Row) => lacking(row, () => trySocket(AF.CAN, SOCK.DGRAM, CAN.ISOTP));
const canFd = { mtu: 72, txDl: 64, txFlags: 1 } as const;
const source = "isotp_setsockopt_locked in net/can/isotp.c";

optionTests("SOL_CAN_ISOTP", CAN_ISOTP, [
  withIsotp(roundTrip(CAN_ISOTP.LL_OPTS, isotp, canFd)),
  withIsotp(
    observed(
      CAN_ISOTP.LL_OPTS,
      "classic CAN has frames of 8 bytes",
      (fixture) => {
        const socket = isotp(fixture);
        assert.deepEqual(getsockopt(socket, CAN_ISOTP.LL_OPTS), { mtu: 16, txDl: 8, txFlags: 0 });
        assertFails(trySetsockopt(socket, CAN_ISOTP.LL_OPTS, { ...canFd, mtu: 16 }), "InvalidArgument");
      },
      { source },
    ),
  ),
  withIsotp(
    roundTrip(
      CAN_ISOTP.OPTS,
      isotp,
      { flags: padding, frameTxtime: 7_000, extAddress: 1, txpadContent: 2, rxpadContent: 3 },
      {
        reads: {
          flags: padding,
          frameTxtime: 7_000,
          extAddress: 1,
          txpadContent: 2,
          rxpadContent: 3,
          rxExtAddress: 1,
        },
        why: "without RX_EXT_ADDR, both addresses are one",
      },
    ),
  ),
  withIsotp(
    observed(
      CAN_ISOTP.OPTS,
      "what is omitted is the kernel's default",
      (fixture) => {
        const [fresh, changed] = [isotp(fixture), isotp(fixture)];
        setsockopt(changed, CAN_ISOTP.OPTS, {});
        const { frameTxtime: _, ...defaults } = getsockopt(fresh, CAN_ISOTP.OPTS);
        assert.deepEqual(
          { ...getsockopt(changed, CAN_ISOTP.OPTS), frameTxtime: 0 },
          { ...defaults, frameTxtime: 0 },
        );
      },
      { source },
    ),
  ),
  withIsotp(roundTrip(CAN_ISOTP.RECV_FC, isotp, { bs: 15, stmin: 0xf1, wftmax: 2 })),
  withIsotp(roundTrip(CAN_ISOTP.RX_STMIN, isotp, 1_000_000)),
  withIsotp(roundTrip(CAN_ISOTP.TX_STMIN, isotp, 2_000_000)),
]);

const kcm = (fixture: Fixture) => fixture.socket(AF.KCM, SOCK.SEQPACKET);
const withKcm = (row: Row) => lacking(row, () => trySocket(AF.KCM, SOCK.SEQPACKET));

optionTests("SOL_KCM", KCM, [withKcm(toggles(KCM.RECV_DISABLE, kcm))]);

const llc = (fixture: Fixture) => fixture.socket(AF.LLC, SOCK.STREAM);
const withLlc = (row: Row) => lacking(row, () => trySocket(AF.LLC, SOCK.STREAM));

optionTests("SOL_LLC", LLC, [
  withLlc(roundTrip(LLC.OPT_ACK_TMR_EXP, llc, 60)),
  withLlc(roundTrip(LLC.OPT_BUSY_TMR_EXP, llc, 59)),
  withLlc(toggles(LLC.OPT_PKTINFO, llc)),
  withLlc(roundTrip(LLC.OPT_P_TMR_EXP, llc, 58)),
  withLlc(roundTrip(LLC.OPT_REJ_TMR_EXP, llc, 57)),
  withLlc(roundTrip(LLC.OPT_RETRY, llc, 100)),
  withLlc(roundTrip(LLC.OPT_RX_WIN, llc, 127)),
  withLlc(
    observed(
      LLC.OPT_SIZE,
      "it is set, and read until the socket is connected",
      (fixture) => setsockopt(llc(fixture), LLC.OPT_SIZE, 4196),
      { source: "llc_ui_setsockopt in net/llc/af_llc.c" },
    ),
  ),
  withLlc(roundTrip(LLC.OPT_TX_WIN, llc, 126)),
]);

const rds = (fixture: Fixture) => fixture.socket(AF.RDS, SOCK.SEQPACKET);
const withRds = (row: Row) => lacking(row, () => trySocket(AF.RDS, SOCK.SEQPACKET));

optionTests("SOL_RDS", RDS, [
  withRds(
    observed(
      RDS.CANCEL_SENT_TO,
      "of a bound socket, whether or not something was sent; ENOTCONN before",
      (fixture) => {
        const [sender, receiver] = [rds(fixture), rds(fixture)];
        assertFails(trySetsockopt(sender, RDS.CANCEL_SENT_TO, loopback), "SocketNotConnected", "ENOTCONN");
        for (const socket of [sender, receiver]) bind(socket, loopback);
        const peer = getsockname(receiver);
        assert.ok(peer.family === "ipv4");
        sendto(sender, Buffer.from("hello"), 0, peer);
        setsockopt(sender, RDS.CANCEL_SENT_TO, peer);
      },
      { source: "rds_cancel_sent_to in net/rds/af_rds.c" },
    ),
  ),
  withRds(
    observed(
      RDS.CONG_MONITOR,
      "it is set and cleared",
      (fixture) => {
        const socket = rds(fixture);
        for (const on of [true, false]) setsockopt(socket, RDS.CONG_MONITOR, on);
      },
      { source: "rds_cong_monitor in net/rds/af_rds.c" },
    ),
  ),
  withRds(toggles(RDS.RECVERR, rds)),
  withRds(
    observed(
      RDS.TRANSPORT,
      "none at first, and one for good",
      (fixture) => {
        const socket = rds(fixture);
        assert.equal(getsockopt(socket, RDS.TRANSPORT), noTransport);
        const set = trySetsockopt(socket, RDS.TRANSPORT, overTcp);
        if (!set.ok) return fixture.skip(`this kernel has no RDS over TCP: ${set.error.message}`);
        assert.equal(getsockopt(socket, RDS.TRANSPORT), overTcp);
        assertFails(trySetsockopt(socket, RDS.TRANSPORT, overTcp), "OptionNotSupported", "EOPNOTSUPP");
      },
      { source: "rds_set_transport in net/rds/af_rds.c" },
    ),
  ),
]);
