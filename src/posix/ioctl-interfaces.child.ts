// Run in its own network namespace: its interfaces are those made here, and `lo` is down.
import assert from "node:assert/strict";
import { assertFails } from "../../test/conformance.ts";
import { ip } from "../../test/network-namespace.ts";
import { AF, IFF, SOCK } from "./constants.ts";
import { ioctl, tryIoctl } from "./ioctl.ts";
import { SIOC } from "./sioc.ts";
import { socket } from "./socket.ts";

const NAME = "fifteen-letters";
ip(`link add ${NAME} address 02:00:5e:10:00:ff mtu 1400 txqueuelen 77 type veth peer name other`);
using udp = socket(AF.INET, SOCK.DGRAM);
const flags = () => ioctl(udp, SIOC.GIFFLAGS, NAME) & (IFF.UP | IFF.BROADCAST | IFF.RUNNING | IFF.LOOPBACK);

assert.equal(flags(), IFF.BROADCAST);
assertFails(tryIoctl(udp, SIOC.GIFADDR, NAME), "AddressNotAvailable", "EADDRNOTAVAIL");
assertFails(tryIoctl(udp, SIOC.GIFADDR, "lo"), "AddressNotAvailable", "EADDRNOTAVAIL");

ip(`address add 192.0.2.130/25 broadcast 192.0.2.255 dev ${NAME}`);
ip(`link set ${NAME} up`);
assert.equal(ioctl(udp, SIOC.GIFADDR, NAME), "192.0.2.130");
assert.equal(ioctl(udp, SIOC.GIFNETMASK, NAME), "255.255.255.128");
assert.equal(ioctl(udp, SIOC.GIFBRDADDR, NAME), "192.0.2.255");
assert.equal(flags() & IFF.UP, IFF.UP);
assert.equal(ioctl(udp, SIOC.GIFMTU, NAME), 1400);
assert.equal(ioctl(udp, SIOC.GIFTXQLEN, NAME), 77);
assert.deepEqual(ioctl(udp, SIOC.GIFHWADDR, NAME), {
  type: 1,
  address: Uint8Array.of(0x02, 0x00, 0x5e, 0x10, 0x00, 0xff),
});
assert.equal(ioctl(udp, SIOC.GIFNAME, ioctl(udp, SIOC.GIFINDEX, "other")), "other");
