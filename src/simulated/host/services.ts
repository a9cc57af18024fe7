import type { ProtocolEntry, ServiceEntry } from "../../system/system.ts";

// A host's /etc/services and /etc/protocols: a few dozen of IANA's names, the same on every host.

/** A name, a port and its protocols, and other names. */
const SERVICES = `
tcpmux 1 tcp
echo 7 tcp,udp
discard 9 tcp,udp sink null
systat 11 tcp users
daytime 13 tcp,udp
qotd 17 tcp quote
chargen 19 tcp,udp ttytst source
ftp-data 20 tcp
ftp 21 tcp
ssh 22 tcp
telnet 23 tcp
smtp 25 tcp mail
time 37 tcp,udp timserver
whois 43 tcp nicname
domain 53 tcp,udp
bootps 67 udp
bootpc 68 udp
tftp 69 udp
gopher 70 tcp
finger 79 tcp
http 80 tcp www
kerberos 88 tcp,udp kerberos5 krb5
pop3 110 tcp pop-3
sunrpc 111 tcp,udp portmapper
auth 113 tcp authentication ident
nntp 119 tcp
ntp 123 udp
netbios-ns 137 udp
netbios-dgm 138 udp
netbios-ssn 139 tcp
imap2 143 tcp imap
snmp 161 tcp,udp
snmp-trap 162 tcp,udp snmptrap
bgp 179 tcp
irc 194 tcp,udp
ldap 389 tcp,udp
https 443 tcp,udp
microsoft-ds 445 tcp
kpasswd 464 tcp,udp
submissions 465 tcp smtps ssmtp
isakmp 500 udp
exec 512 tcp
login 513 tcp
who 513 udp whod
shell 514 tcp cmd
syslog 514 udp
printer 515 tcp spooler
rtsp 554 tcp,udp
nntps 563 tcp snntp
submission 587 tcp
ipp 631 tcp
ldaps 636 tcp,udp
domain-s 853 tcp,udp
rsync 873 tcp
imaps 993 tcp
pop3s 995 tcp
socks 1080 tcp
openvpn 1194 tcp,udp
ms-sql-s 1433 tcp
radius 1812 udp
mqtt 1883 tcp
nfs 2049 tcp,udp
mysql 3306 tcp
ms-wbt-server 3389 tcp
sip 5060 tcp,udp
xmpp-client 5222 tcp
mdns 5353 udp
postgresql 5432 tcp postgres
amqp 5672 tcp,udp
x11 6000 tcp
redis 6379 tcp
http-alt 8080 tcp,udp webcache
mqtts 8883 tcp secure-mqtt
git 9418 tcp
memcache 11211 tcp,udp
`;

const PROTOCOLS = `
ip 0 IP
icmp 1 ICMP
igmp 2 IGMP
ipencap 4 IP-ENCAP
tcp 6 TCP
egp 8 EGP
udp 17 UDP
dccp 33 DCCP
ipv6 41 IPv6
ipv6-route 43 IPv6-Route
ipv6-frag 44 IPv6-Frag
rsvp 46 RSVP
gre 47 GRE
esp 50 IPSEC-ESP
ah 51 IPSEC-AH
ipv6-icmp 58 IPv6-ICMP
ipv6-nonxt 59 IPv6-NoNxt
ipv6-opts 60 IPv6-Opts
ospf 89 OSPFIGP
pim 103 PIM
vrrp 112 VRRP
l2tp 115 L2TP
sctp 132 SCTP
udplite 136 UDPLite
mptcp 262 MPTCP
`;

interface Named<Entry> {
  readonly names: readonly string[];
  readonly entry: Entry;
}

const linesOf = (table: string): string[][] =>
  table
    .trim()
    .split("\n")
    .map((line) => line.split(" "));

const services: readonly Named<ServiceEntry>[] = linesOf(SERVICES).flatMap(
  ([name = "", port, protocols = "", ...aliases]) =>
    protocols.split(",").map((protocol) => ({
      names: [name, ...aliases],
      entry: { name, port: Number(port), protocol },
    })),
);

const protocols: readonly Named<ProtocolEntry>[] = linesOf(PROTOCOLS).map(
  ([name = "", number, ...aliases]) => ({
    names: [name, ...aliases],
    entry: { name, protocol: Number(number) },
  }),
);

/** getservbyname(3); undefined as the protocol is the first that has the service. */
export const serviceByName = (name: string, protocol: string | undefined): ServiceEntry | undefined =>
  services.find(
    ({ names, entry }) => names.includes(name) && (protocol === undefined || entry.protocol === protocol),
  )?.entry;

/** getservbyport(3). */
export const serviceByPort = (port: number, protocol: string): ServiceEntry | undefined =>
  services.find(({ entry }) => entry.port === port && entry.protocol === protocol)?.entry;

/** getprotobyname(3). */
export const protocolByName = (name: string): ProtocolEntry | undefined =>
  protocols.find(({ names }) => names.includes(name))?.entry;
