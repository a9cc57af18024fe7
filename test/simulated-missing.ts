// Rows of the tables that a simulated host does not pass, and what it lacks for them
// (docs/simulated.md). Beside simulated-exceptions.ts, whose rows cannot hold there: these could.

const raw = "raw, packet and netlink sockets are not simulated";
const ebpf = "programs of eBPF, which a descriptor of the kernel's names, are not simulated";
const mcfilter = "the row reads the kernel's table of sources, /proc/net/mcfilter6";
const resolver = "a simulated network has no name servers that could be out of reach";
const tables = "the row reads this machine's table, and a simulated host has a shorter one";
const fastOpen = "TCP Fast Open is not simulated";
const repair = "TCP_REPAIR is not simulated";
const files = "a simulated host has no files but those of unix sockets";
const thisHost = "the row compares with this machine's interfaces, descriptors or processes";
const mptcp = "Multipath TCP is not simulated";
const program = "it starts a program, which runs on this machine's kernel";
const firewall = "firewall rules are not simulated: see the network's rule()";
const yet = "not simulated";

export const missing: Readonly<Record<string, readonly (readonly [clause: string, reason: string])[]>> = {
  ICMP: [
    ["ICMP_FILTER: [ 0, 3, 31 ] is read back", raw],
    ["ICMP_FILTER: what it names is not received", raw],
  ],
  ICMPV6: [["ICMPV6_FILTER: [ 0, 128, 255 ] is read back", raw]],
  IPPROTO_IP: [
    ["SO_ORIGINAL_DST: where a redirected connection was going", firewall],
    ["IP_HDRINCL: the flag is inverted, then restored", raw],
    ["IP_NODEFRAG: the flag is inverted, then restored", raw],
    ["IP_PROTOCOL: is that of a raw socket", raw],
    ["IP_ROUTER_ALERT: the flag is inverted, then restored", raw],
  ],
  IPPROTO_IPV6: [
    ["IP6T_SO_ORIGINAL_DST: where a redirected connection was going", firewall],
    ["IPV6_MCAST_JOIN_SOURCE_GROUP: includes one source", mcfilter],
    ["IPV6_MCAST_BLOCK_SOURCE: excludes one source", mcfilter],
    ["IPV6_MCAST_MSFILTER: sets all sources", mcfilter],
    ["IPV6_2292PKTOPTIONS: a message with hop-by-hop options sets them", yet],
    ["IPV6_PKTINFO: is what 2292PKTOPTIONS tells on TCP", yet],
    ["IPV6_ADDRFORM: makes a socket that is connected over IPv4 an IPv4 socket", yet],
    ["IPV6_CHECKSUM: 6 is read back", raw],
    ["IPV6_FLOWLABEL_MGR: an exclusive label is one socket's", yet],
    ["IPV6_FLOWLABEL_MGR: a socket that has taken the label sends with it", yet],
    ["IPV6_HDRINCL: the flag is inverted, then restored", raw],
    ["IPV6_ROUTER_ALERT: a socket listens for one value, until -1", raw],
  ],
  IPPROTO_TCP: [
    ["TCP_CC_INFO: reno keeps nothing, bbr and others do", yet],
    ["TCP_CONGESTION: each that is allowed is read back", yet],
    [
      "TCP_FASTOPEN_KEY: Uint8Array(16) [ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, " +
        "12, 13, 14, 15 ] is read back",
      fastOpen,
    ],
    [
      "TCP_FASTOPEN_KEY: Uint8Array(32) [ 255, 254, 253, 252, 251, 250, 249, 248, 247, 246, 245, " +
        "244, 243, 242, 241, 240, 239, 238, 237, 236, 235, 234, 233, 232, 231, 230, 229, 228, 227, " +
        "226, 225, 224 ] is read back: two keys from Linux 5.3",
      fastOpen,
    ],
    ["TCP_MD5SIG_EXT: a prefix or an interface that cannot be is InvalidArgument", yet],
    ["TCP_QUEUE_SEQ: the sequence number of the queue that was chosen", repair],
    ["TCP_REPAIR: 1 is read back", repair],
    ["TCP_REPAIR: -1 ends it", repair],
    ["TCP_REPAIR_OPTIONS: the window scales become those given", repair],
    [
      "TCP_REPAIR_QUEUE: each queue is read back; without repair it is PermissionDenied and InvalidArgument",
      repair,
    ],
    ["TCP_REPAIR_WINDOW: another largest window is read back", repair],
    ["TCP_SAVED_SYN: the IPv4 and TCP headers of the SYN, once", yet],
    ["TCP_TIMESTAMP: the clock continues from the value set", repair],
  ],
  SCM_RIGHTS: [
    ["sockets arrive as Sockets that know their domain, type and protocol", raw],
    ["the same descriptor several times, and a received one again: each is one of its own", files],
    ["close-on-exec: no program that is started inherits one", program],
  ],
  SOL_NETLINK: [
    ["NETLINK_ADD_MEMBERSHIP: the group is in the address, until DROP_MEMBERSHIP", raw],
    ["NETLINK_BROADCAST_ERROR: the flag is inverted, then restored", raw],
    ["NETLINK_CAP_ACK: the flag is inverted, then restored", raw],
    ["NETLINK_DROP_MEMBERSHIP: a group that there is not is InvalidArgument", raw],
    ["NETLINK_EXT_ACK: the flag is inverted, then restored", raw],
    ["NETLINK_GET_STRICT_CHK: the flag is inverted, then restored", raw],
    ["NETLINK_LISTEN_ALL_NSID: the flag is inverted, then restored", raw],
    ["NETLINK_LIST_MEMBERSHIPS: the groups of ADD_MEMBERSHIP, also those above 32", raw],
    ["NETLINK_NO_ENOBUFS: the flag is inverted, then restored", raw],
    ["NETLINK_PKTINFO: the flag is inverted, then restored", raw],
    ["NETLINK_PKTINFO: the group arrives beside a message: 0, of an answer", raw],
  ],
  SOL_PACKET: [
    ["PACKET_ADD_MEMBERSHIP: the interface receives everything, until DROP_MEMBERSHIP", raw],
    ["PACKET_AUXDATA: the flag is inverted, then restored", raw],
    ["PACKET_AUXDATA: the lengths of a frame arrive beside it", raw],
    [
      "PACKET_DROP_MEMBERSHIP: an interface that is not there is DeviceNotFound to " +
        "ADD_MEMBERSHIP, and nothing to this",
      raw,
    ],
    ["PACKET_FANOUT: two sockets share the frames: each goes to one of them", raw],
    ["PACKET_FANOUT: a group that ignores what this machine sends receives a frame once", raw],
    ["PACKET_FANOUT_DATA: the program chooses the socket: every frame goes to the second", ebpf],
    ["PACKET_IGNORE_OUTGOING: the flag is inverted, then restored", raw],
    ["PACKET_IGNORE_OUTGOING: only what arrives is received", raw],
    ["PACKET_ORIGDEV: the flag is inverted, then restored", raw],
    ["PACKET_QDISC_BYPASS: the flag is inverted, then restored", raw],
    [
      "PACKET_ROLLOVER_STATS: counts frames that another socket of the group took; " +
        "a group that does not roll over has none",
      raw,
    ],
    ["PACKET_STATISTICS: counts frames, and begins anew when it is read", raw],
    ["PACKET_TIMESTAMP: 64 is read back", raw],
    ["PACKET_VNET_HDR: the flag is inverted, then restored", raw],
    ["PACKET_VNET_HDR_SZ: 12 is read back", raw],
    ["PACKET_VNET_HDR_SZ: other sizes are InvalidArgument", raw],
  ],
  SOL_SOCKET: [
    ["SO_ATTACH_BPF: a program that keeps 0 bytes drops every datagram", ebpf],
    ["SO_ATTACH_BPF: a descriptor that is no program is InvalidArgument", ebpf],
    ["SO_ATTACH_REUSEPORT_EBPF: a program that returns 1 chooses the second socket", ebpf],
    ["SO_DETACH_BPF: datagrams come again, and there is no filter any more", ebpf],
    ["SO_DETACH_FILTER: it is the same as DETACH_BPF", ebpf],
    ["SO_DETACH_REUSEPORT_BPF: it takes the program away, once", ebpf],
    ["SO_DEVMEM_DONTNEED: tokens that the socket does not hold are passed over", yet],
    ["SO_PEERGROUPS: 300 groups, more than it asks for at first, all come", thisHost],
    ["SO_PEERGROUPS: 5000 groups, more than it asks for at first, all come", thisHost],
    ["SO_PEERPIDFD: it is a new descriptor of this process", thisHost],
  ],
  Socket: [["Socket.from adopts a descriptor, and asks the kernel what it is", mptcp]],
  bind: [
    ["EINVAL: an address that no socket of the kind can have", yet],
    ["an address given as bytes is passed to the kernel unchanged", yet],
  ],
  connect: [
    ["EACCES: the unix socket is not writable, or a directory in its path not searchable", files],
    ["EPERM: a BPF program of the cgroup forbids the address", ebpf],
    ["a firewall rule: TCP reports what it answers, and tries again if it drops", firewall],
  ],
  "control messages": [
    ["SCM_TIMESTAMPING: when a packet arrived", yet],
    ["SCM_TIMESTAMPING: sent, it asks", yet],
    ["SO_MARK: of one packet", yet],
    ["SO_PRIORITY: of one packet", yet],
    ["IPV6_FLOWINFO: the flow label", yet],
    ["SCM_TXTIME: when a message", yet],
    ["IPV6_RECVFRAGSIZE: the largest", yet],
    ["IPV6_DSTOPTS and IPV6_HOPOPTS", yet],
    ["IP_RECVOPTS and IP_RETOPTS", yet],
    ["IPV6_DONTFRAG and IPV6_PATHMTU", yet],
    ["SCM_CREDENTIALS: sent by a privileged process, they may be those of any", thisHost],
    ["SCM_PIDFD: a descriptor of the sender, close on exec, where the receiver sets SO_PASSPIDFD", thisHost],
    ["SCM_PIDFD, SCM_CREDENTIALS, SCM_RIGHTS and a time stamp in one message", thisHost],
    ["what berkeley does not know arrives as bytes: SO_TIMESTAMP_NEW", yet],
    ["IPV6_2292PKTINFO and the others of RFC 2292: both ways", yet],
    ["SCM_TIMESTAMPING_OPT_STATS: what TCP counted until a time stamp, as netlink attributes", yet],
    ["NETLINK_LISTEN_ALL_NSID: the number of the namespace that a message is from", raw],
  ],
  dup: [["EMFILE: the process has no descriptor left", program]],
  getaddrinfo: [["EAI_AGAIN: no name server can be reached", resolver]],
  getCloseOnExec: [
    ["an inherited socket has no flag, but", program],
    ["a file has the flag, too", files],
  ],
  getNonblocking: [
    ["an inherited socket has the mode that", program],
    ["a file has a mode, too", files],
  ],
  getprotobyname: [["every protocol of the table, by its name and by others", tables]],
  getservbyname: [["every service of the table, by its name and by others, with its protocol", tables]],
  getsockname: [
    ["an unbound netlink socket has port number 0", raw],
    ["the address is the caller's own: a later call does not change it", yet],
  ],
  if_nameindex: [
    [
      "interfaces that are down or have no address; a name of 15 bytes; one that is renamed, or goes",
      thisHost,
    ],
    [
      "EMFILE, of which glibc sometimes makes ENOENT: the calls open a descriptor of " +
        "their own, and none is left",
      thisHost,
    ],
  ],
  if_nametoindex: [
    ["a name with a NUL, which C would cut, is a TypeError", "it makes no call"],
    ["so do the scope of an address, and a packet address", raw],
  ],
  ioctl: [
    ["an address, a broadcast address, a hardware address", program],
    ["SIOCGPGRP is 0 until SIOCSPGRP sets a process or group", "a simulated host has no processes"],
    ["what SIOCSIF sets, SIOCGIF reads", program],
    ["ENOTTY: no socket, or one without the request", "a simulated host has no /dev/urandom"],
  ],
  listen: [
    ["EACCES, ENOBUFS and ENOMEM, which a real process is made to get", thisHost],
    ["the limits of incomplete and of complete connections may differ: each takes effect", thisHost],
  ],
  "netlink addresses": [
    ["bind() with pid 0 gets a port: of a process's first socket its own number, of others another", raw],
    ["a mask of groups, and a port of one's own", raw],
    ["a question to the kernel, whose answer comes from pid 0: the interfaces", raw],
  ],
  send: [
    ["EPERM: a firewall rule drops or rejects the message", firewall],
    ["EINVAL: MSG_FASTOPEN without an address", fastOpen],
    ["EISCONN: MSG_FASTOPEN on a listener", fastOpen],
  ],
  sendmmsg: [["EPERM: a firewall rule drops or rejects the first message", firewall]],
  sendmsg: [["EPERM: a firewall rule drops or rejects the message", firewall]],
  sendto: [
    ["EPERM: a firewall rule drops or rejects the message", firewall],
    ["EISCONN: MSG_FASTOPEN on a connected socket", fastOpen],
    ["EINPROGRESS: MSG_FASTOPEN opens a connection on a non-blocking socket", fastOpen],
    ["ECONNREFUSED: MSG_FASTOPEN without a listener; or no unix socket has the name", fastOpen],
    ["EFAULT: a raw ICMP message without its header", raw],
    [
      "EACCES, ENOENT, ENOTDIR, ELOOP, EPROTOTYPE: the path does not resolve to a socket, or is not writable",
      files,
    ],
  ],
  setCloseOnExec: [["a program inherits a descriptor without the flag, and none with it", program]],
  shutdown: [["EOPNOTSUPP: the protocol does not have the call", yet]],
  sockatmark: [
    ["EINVAL, on Linux ENOTTY and EOPNOTSUPP: the socket's protocol has no out-of-band data", mptcp],
  ],
  socket: [
    ["a protocol that is not 0 is the one of the socket", mptcp],
    ["EPROTOTYPE, on Linux ESOCKTNOSUPPORT: the type is not supported", yet],
  ],
};
