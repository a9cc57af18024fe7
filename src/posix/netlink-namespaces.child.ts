// Run in its own network namespace, beside a second one. A veth pair joins the two, which
// assigns the second one a number here.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { ip } from "../../test/network-namespace.ts";
import { NETLINK } from "../options/packet.ts";
import { bind } from "./bind.ts";
import { AF, MSG, NETLINK_FAMILY, SOCK } from "./constants.ts";
import { tryRecvmsg } from "./recvmsg.ts";
import { setsockopt } from "./setsockopt.ts";
import { socket } from "./socket.ts";

const RTMGRP_LINK = 1;

const other = spawn(
  "unshare",
  ["--net", "sh", "-c", "echo ready; read line; ip link set lo up; echo up; read line"],
  {
    stdio: ["pipe", "pipe", "inherit"],
  },
);
await once(other.stdout, "data");
try {
  using events = socket(AF.NETLINK, SOCK.RAW, NETLINK_FAMILY.ROUTE);
  bind(events, { family: "netlink", pid: 0, groups: RTMGRP_LINK });
  setsockopt(events, NETLINK.LISTEN_ALL_NSID, true);
  ip(`link add here type veth peer name there netns ${other.pid}`);
  other.stdin.write("\n");
  await once(other.stdout, "data");
  const controls = [];
  for (;;) {
    const message = { data: [Buffer.alloc(16_384)], controlLength: 256 };
    const result = tryRecvmsg(events, message, MSG.DONTWAIT);
    if (!result.ok) break;
    controls.push(...result.value.control);
  }
  // Events of this namespace have no number, those of the other have that one.
  assert.ok(controls.length > 0);
  for (const control of controls)
    assert.deepEqual(control, { type: "NETLINK_LISTEN_ALL_NSID", value: 0 }, JSON.stringify(control));
} finally {
  other.stdin.end("\n");
}
