// Run by listener.test.ts in its own network namespace, whose range has two ports: one of them is
// taken on ::1.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { enginesHere } from "../../../test/engine/engines-here.ts";
import { ip } from "../../../test/network-namespace.ts";
import { openDescriptors } from "../../../test/open-descriptors.ts";
import { bind } from "../../posix/bind.ts";
import { AF, SOCK } from "../../posix/constants.ts";
import { listen as listenOn } from "../../posix/listen.ts";
import { socket } from "../../posix/socket.ts";
import { listen } from "./listen.ts";

ip("link set lo up");
writeFileSync("/proc/sys/net/ipv4/ip_local_port_range", "40000 40001");

function taken(port: number) {
  const holder = socket(AF.INET6, SOCK.STREAM);
  bind(holder, { family: "ipv6", address: "::1", port });
  listenOn(holder, 1);
  return holder;
}

using _ = taken(40_000);
for (const { name: engine } of enginesHere) {
  // Either port comes up half of the time: retries until it is the free one.
  for (let times = 0; times < 8; times++) {
    await using listener = await listen({ host: "localhost", engine });
    assert.deepEqual(
      listener.addresses.map((address) => "port" in address && address.port),
      [40_001, 40_001],
    );
  }
  await assert.rejects(listen({ host: "localhost", port: 40_000, engine }), {
    name: "AddressInUse",
    address: "::1",
  });
}
using __ = taken(40_001);
for (const { name: engine } of enginesHere) {
  const before = openDescriptors();
  await assert.rejects(listen({ host: "localhost", engine }), { name: "AddressInUse", address: "::1" });
  assert.deepEqual(openDescriptors(), before);
}
