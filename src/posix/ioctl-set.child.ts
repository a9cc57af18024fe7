// Run in its own network namespace, whose interfaces it changes.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { assertFails } from "../../test/conformance.ts";
import { ip } from "../../test/network-namespace.ts";
import { AF, IFF, SOCK } from "./constants.ts";
import { ioctl, tryIoctl } from "./ioctl.ts";
import { SIOC } from "./sioc.ts";
import { socket } from "./socket.ts";

ip("link add one mtu 1400 type veth peer name other");
using udp = socket(AF.INET, SOCK.DGRAM);
const flags = () => ioctl(udp, SIOC.GIFFLAGS, "one");

assertFails(tryIoctl(udp, SIOC.SIFNETMASK, "one", "255.0.0.0"), "AddressNotAvailable", "EADDRNOTAVAIL");
ioctl(udp, SIOC.SIFADDR, "one", "192.0.2.130");
assert.equal(ioctl(udp, SIOC.GIFADDR, "one"), "192.0.2.130");
assert.equal(ioctl(udp, SIOC.GIFNETMASK, "one"), "255.255.255.0", "that of its class");
ioctl(udp, SIOC.SIFNETMASK, "one", "255.255.255.128");
ioctl(udp, SIOC.SIFBRDADDR, "one", "192.0.2.254");
assert.equal(ioctl(udp, SIOC.GIFNETMASK, "one"), "255.255.255.128");
assert.equal(ioctl(udp, SIOC.GIFBRDADDR, "one"), "192.0.2.254");
assertFails(tryIoctl(udp, SIOC.SIFNETMASK, "one", "255.0.255.0"), "InvalidArgument", "EINVAL");
ioctl(udp, SIOC.SIFADDR, "one", "0.0.0.0");
assertFails(tryIoctl(udp, SIOC.GIFADDR, "one"), "AddressNotAvailable", "EADDRNOTAVAIL");

ioctl(udp, SIOC.SIFMTU, "one", 1300);
assert.equal(ioctl(udp, SIOC.GIFMTU, "one"), 1300);
assertFails(tryIoctl(udp, SIOC.SIFMTU, "one", 67), "InvalidArgument", "EINVAL");
ioctl(udp, SIOC.SIFTXQLEN, "one", 55);
assert.equal(ioctl(udp, SIOC.GIFTXQLEN, "one"), 55);

const hardware = { type: 1, address: Uint8Array.of(0x02, 0x00, 0x5e, 0x10, 0x00, 0xaa) };
ioctl(udp, SIOC.SIFHWADDR, "one", hardware);
assert.deepEqual(ioctl(udp, SIOC.GIFHWADDR, "one"), hardware);
const multicast = { type: 1, address: Uint8Array.of(0x01, 0x00, 0x5e, 0, 0, 1) };
assertFails(tryIoctl(udp, SIOC.SIFHWADDR, "one", multicast), "AddressNotAvailable", "EADDRNOTAVAIL");
assertFails(tryIoctl(udp, SIOC.SIFHWADDR, "one", { ...hardware, type: 772 }), "InvalidArgument", "EINVAL");

const index = ioctl(udp, SIOC.GIFINDEX, "one");
assertFails(tryIoctl(udp, SIOC.SIFNAME, "one", "other"), "AlreadyExists", "EEXIST");
ioctl(udp, SIOC.SIFNAME, "one", "fifteen-letters");
assert.equal(ioctl(udp, SIOC.GIFNAME, index), "fifteen-letters");
ioctl(udp, SIOC.SIFNAME, "fifteen-letters", "one");

assert.equal(flags() & IFF.UP, 0);
ioctl(udp, SIOC.SIFFLAGS, "one", flags() | IFF.UP);
assert.equal(flags() & IFF.UP, IFF.UP);
const renamed = tryIoctl(udp, SIOC.SIFNAME, "one", "two");
if (!renamed.ok) assertFails(renamed, "ResourceBusy", "EBUSY");
else ioctl(udp, SIOC.SIFNAME, "two", "one");
ioctl(udp, SIOC.SIFFLAGS, "one", flags() & ~IFF.UP);
assert.equal(flags() & IFF.UP, 0);

// A point-to-point interface, without hardware addresses.
if (existsSync("/dev/net/tun")) {
  ip("tuntap add tun0 mode tun");
  ioctl(udp, SIOC.SIFADDR, "tun0", "192.0.2.1");
  ioctl(udp, SIOC.SIFDSTADDR, "tun0", "192.0.2.2");
  assert.equal(ioctl(udp, SIOC.GIFDSTADDR, "tun0"), "192.0.2.2");
  assertFails(tryIoctl(udp, SIOC.SIFHWADDR, "tun0", hardware), "OperationNotSupported", "EOPNOTSUPP");
}

// CAP_NET_ADMIN goes with the user.
process.setuid?.(65_534);
for (const refused of [
  tryIoctl(udp, SIOC.SIFMTU, "one", 1400),
  tryIoctl(udp, SIOC.SIFFLAGS, "one", IFF.UP),
  tryIoctl(udp, SIOC.SIFADDR, "one", "192.0.2.130"),
]) {
  assertFails(refused, "PermissionDenied", "EPERM");
}
