import assert from "node:assert/strict";
import { isIP } from "node:net";
import { test } from "node:test";
import { except } from "../../test/platform.ts";
import { IP } from "../options/ip.ts";
import { IPV6 } from "../options/ipv6.ts";
import { SO } from "../options/so.ts";
import { TCP } from "../options/tcp.ts";
import { host } from "../system/host.ts";
import * as constants from "./constants.ts";
import { AF, IN6ADDR, INADDR, IPPROTO, MSG, POLL, SHUT, SOCK, SOL, SOMAXCONN } from "./constants.ts";
import * as families from "./family-constants.ts";
import { getsockopt } from "./getsockopt.ts";
import { listen } from "./listen.ts";
import * as sctp from "./sctp-constants.ts";
import { setsockopt } from "./setsockopt.ts";
import { socket } from "./socket.ts";

test("a constant is the system's number, and only the system's constants exist", () => {
  assert.equal(AF.INET, host.constants.AF.INET);
  assert.deepEqual({ ...AF }, { ...host.constants.AF });
  assert.equal("INET" in AF, true);
  assert.equal("NETLINK" in AF, host.constants.AF.NETLINK !== undefined);
});

const values = {
  AI: constants.AI,
  ALG_OP: families.ALG_OP,
  BDADDR: families.BDADDR,
  BTPROTO: families.BTPROTO,
  BT_MODE: families.BT_MODE,
  BT_PHY: families.BT_PHY,
  BT_SECURITY: families.BT_SECURITY,
  BT_VOICE: families.BT_VOICE,
  CAN: families.CAN,
  CAN_BCM: families.CAN_BCM,
  CAN_ISOTP_FLAG: families.CAN_ISOTP_FLAG,
  ETH_P: constants.ETH_P,
  HCI_CHANNEL: families.HCI_CHANNEL,
  IFF: constants.IFF,
  IPV6_PMTUDISC: constants.IPV6_PMTUDISC,
  IPV6_PREFER_SRC: constants.IPV6_PREFER_SRC,
  IP_PMTUDISC: constants.IP_PMTUDISC,
  J1939: families.J1939,
  NETLINK_FAMILY: constants.NETLINK_FAMILY,
  NI: constants.NI,
  PACKET_TYPE: constants.PACKET_TYPE,
  RDS_TRANS: families.RDS_TRANS,
  SCTP_ASSOC: sctp.SCTP_ASSOC,
  SCTP_ASSOC_RESET: sctp.SCTP_ASSOC_RESET,
  SCTP_AUTH: sctp.SCTP_AUTH,
  SCTP_BINDX: sctp.SCTP_BINDX,
  SCTP_DATA: sctp.SCTP_DATA,
  SCTP_ENABLE: sctp.SCTP_ENABLE,
  SCTP_EVENT: sctp.SCTP_EVENT,
  SCTP_FLAG: sctp.SCTP_FLAG,
  SCTP_PARTIAL_DELIVERY: sctp.SCTP_PARTIAL_DELIVERY,
  SCTP_PR: sctp.SCTP_PR,
  SCTP_SAC: sctp.SCTP_SAC,
  SCTP_SN_ERROR: sctp.SCTP_SN_ERROR,
  SCTP_SPC: sctp.SCTP_SPC,
  SCTP_SPINFO: sctp.SCTP_SPINFO,
  SCTP_SPP: sctp.SCTP_SPP,
  SCTP_SS: sctp.SCTP_SS,
  SCTP_STATE: sctp.SCTP_STATE,
  SCTP_STREAM_CHANGE: sctp.SCTP_STREAM_CHANGE,
  SCTP_STREAM_RESET: sctp.SCTP_STREAM_RESET,
  SOF_TIMESTAMPING: constants.SOF_TIMESTAMPING,
  SOF_TXTIME: constants.SOF_TXTIME,
  SO_EE_ORIGIN: constants.SO_EE_ORIGIN,
  TCP_STATE: constants.TCP_STATE,
  TIPC_EVENT: families.TIPC_EVENT,
  TIPC_IMPORTANCE: families.TIPC_IMPORTANCE,
  TIPC_SCOPE: families.TIPC_SCOPE,
  TIPC_SERVICE: families.TIPC_SERVICE,
  TIPC_SUBSCRIPTION: families.TIPC_SUBSCRIPTION,
  VMADDR: constants.VMADDR,
  XDP: families.XDP,
};
const groups = { AF, IPPROTO, MSG, POLL, SHUT, SOCK, SOL, ...values };

test("every group of values is exported", () => {
  for (const [group, value] of Object.entries(values)) {
    assert.deepEqual({ ...value }, { ...Reflect.get(host.constants, group) }, group);
  }
});

test("addresses are text", () => {
  for (const address of Object.values(INADDR)) assert.equal(isIP(address), 4);
  for (const address of Object.values(IN6ADDR)) assert.equal(isIP(address), 6);
});

test(
  "values are what the kernel hands out",
  except({ windows: "it reads Linux's", darwin: "it reads Linux's", freebsd: "it reads Linux's" }),
  () => {
    using listener = socket(AF.INET, SOCK.STREAM);
    assert.equal(getsockopt(listener, TCP.INFO).state, constants.TCP_STATE.CLOSE);
    listen(listener, 1);
    assert.equal(getsockopt(listener, TCP.INFO).state, constants.TCP_STATE.LISTEN);
    assert.equal(getsockopt(listener, IP.MTU_DISCOVER), constants.IP_PMTUDISC.WANT);
    using datagrams = socket(AF.INET6, SOCK.DGRAM);
    const { COA, NONCGA, PUBLIC } = constants.IPV6_PREFER_SRC;
    setsockopt(datagrams, IPV6.ADDR_PREFERENCES, COA | PUBLIC);
    assert.equal(getsockopt(datagrams, IPV6.ADDR_PREFERENCES), COA | PUBLIC);
    assert.throws(() => setsockopt(datagrams, IPV6.ADDR_PREFERENCES, constants.IPV6_PREFER_SRC.CGA | NONCGA));
    using kernel = socket(AF.NETLINK, SOCK.RAW, constants.NETLINK_FAMILY.ROUTE);
    assert.equal(getsockopt(kernel, SO.PROTOCOL), constants.NETLINK_FAMILY.ROUTE);
  },
);

for (const [prefix, group] of Object.entries(groups)) {
  test(`a constant ${prefix} that the system lacks throws, and says how to test for it`, () => {
    assert.throws(() => Reflect.get(group, "NO_SUCH"), {
      name: "TypeError",
      message: `${host.name} has no ${prefix}_NO_SUCH; test for it with \`"NO_SUCH" in ${prefix}\``,
    });
    assert.equal("NO_SUCH" in group, false);
    assert.equal(`${group}`, "[object Object]");
  });
}

test("the constants are those of the system", () => {
  for (const [name, group] of Object.entries(groups))
    assert.deepEqual({ ...group }, { ...Object.entries(host.constants).find(([key]) => key === name)?.[1] });
  assert.equal(SOMAXCONN, host.constants.SOMAXCONN);
});
