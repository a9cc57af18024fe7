// The constants and structures that scripts/headers.mjs takes from each system's headers, and their
// places in its sources.

const errors = { headers: ["sys/errno.h"], names: /^E(?!LAST$)[A-Z0-9]+$/ };
const sockets = {
  headers: [
    "net/if.h",
    "netinet/in.h",
    "netinet/tcp.h",
    "netinet/tcp_fsm.h",
    "netinet/udp.h",
    "netinet6/in6.h",
    "sys/poll.h",
    "sys/socket.h",
    "sys/un.h",
  ],
  names:
    /^(?!AF_VENDOR|TCP_(BBR|HYBRID|LOG|RACK)_)((AF|IPPROTO|IP|IPV6|LOCAL|MCAST|MSG|SCM|SHUT|SO|SOCK|SOL|TCP|TCPS|UDP)_\w+|POLL[A-Z]+|SOMAXCONN)$/,
};
const others = {
  headers: ["sys/fcntl.h", "sys/mman.h", "sys/proc_info.h"],
  names:
    /^(FD_CLOEXEC|F_[GS]ETF[DL]|F_DUPFD_CLOEXEC|O_NONBLOCK|MAP_ANON|MAP_PRIVATE|PROT_READ|PROT_WRITE|PROC_ALL_PIDS|PROC_PIDFDSOCKETINFO|PROC_PIDLISTFDS|PROC_PIDTBSDINFO|PROX_FDTYPE_SOCKET|SOCKINFO_TCP|SOI_S_CANTRCVMORE|F_KINFO)$/,
};
const constants = [errors, sockets, others];
const headers = constants.flatMap(({ headers }) => headers);

/** Structures of both systems. */
const structures = {
  "struct cmsghdr": ["cmsg_len", "cmsg_level", "cmsg_type"],
  "struct group_req": ["gr_interface", "gr_group"],
  "struct group_source_req": ["gsr_interface", "gsr_group", "gsr_source"],
  "struct in6_pktinfo": ["ipi6_addr", "ipi6_ifindex"],
  "struct iovec": ["iov_base", "iov_len"],
  "struct ip_mreq": ["imr_multiaddr", "imr_interface"],
  "struct ip_mreq_source": ["imr_multiaddr", "imr_sourceaddr", "imr_interface"],
  "struct ip_mreqn": ["imr_multiaddr", "imr_address", "imr_ifindex"],
  "struct ipv6_mreq": ["ipv6mr_multiaddr", "ipv6mr_interface"],
  "struct linger": ["l_onoff", "l_linger"],
  "struct msghdr": [
    "msg_name",
    "msg_namelen",
    "msg_iov",
    "msg_iovlen",
    "msg_control",
    "msg_controllen",
    "msg_flags",
  ],
  "struct pollfd": ["fd", "events", "revents"],
  "struct sockaddr_in": ["sin_len", "sin_family", "sin_port", "sin_addr"],
  "struct sockaddr_in6": [
    "sin6_len",
    "sin6_family",
    "sin6_port",
    "sin6_flowinfo",
    "sin6_addr",
    "sin6_scope_id",
  ],
  "struct sockaddr_storage": ["ss_len", "ss_family"],
  "struct sockaddr_un": ["sun_len", "sun_family", "sun_path"],
  "struct stat": ["st_dev", "st_ino"],
  "struct timespec": ["tv_sec", "tv_nsec"],
  "struct timeval": ["tv_sec", "tv_usec"],
  "struct ip6_mtuinfo": ["ip6m_addr", "ip6m_mtu"],
  "struct xucred": ["cr_version", "cr_uid", "cr_ngroups", "cr_groups"],
};
const expressions = [
  "CMSG_LEN(0)",
  "CMSG_SPACE(1)",
  "CMSG_SPACE(4)",
  "CMSG_SPACE(12)",
  "FIOCLEX",
  "FIONBIO",
  "FIONREAD",
  "SIOCATMARK",
];
const laidOutBy = ["sys/types.h", "sys/ioctl.h", "sys/stat.h", "sys/time.h", "sys/ucred.h", "sys/uio.h"];

/** Types of the thread library, whose headers are not in a kernel. */
const pthread = [
  "",
  "attr_",
  "cond_",
  "condattr_",
  "key_",
  "mutex_",
  "mutexattr_",
  "once_",
  "rwlock_",
  "rwlockattr_",
];

/**
 * The result of sysctl() for an IPv4 or IPv6 socket on macOS: struct xinpcb64, also as part of
 * struct xtcpcb64.
 */
const pcb64 = [
  "inp_fport",
  "inp_lport",
  "inp_flags",
  "inp_vflag",
  "inp_dependfaddr",
  "inp_dependladdr",
  "xi_socket.xso_so",
  "xi_socket.so_qlen",
  "xi_socket.so_incqlen",
  "xi_socket.so_qlimit",
  "xi_socket.so_uid",
];
const darwinPcb = {
  headers: ["netinet/in_pcb.h"],
  names: /^(INP_IPV4|INP_IPV6|IN6P_IPV6_V6ONLY)$/,
};

export const systems = {
  darwin: {
    headers: [...headers, ...darwinPcb.headers],
    constants: [...constants, darwinPcb],
    laidOutBy: [...laidOutBy, "sys/socketvar.h", "netinet/tcp_var.h"],
    structures: {
      ...structures,
      "struct in_pktinfo": ["ipi_ifindex", "ipi_spec_dst", "ipi_addr"],
      "struct proc_bsdinfo": [
        "pbi_pid",
        "pbi_ppid",
        "pbi_uid",
        "pbi_comm",
        "pbi_name",
        "pbi_start_tvsec",
        "pbi_start_tvusec",
      ],
      "struct proc_fdinfo": ["proc_fd", "proc_fdtype"],
      "struct xinpcb64": ["xi_len", ...pcb64],
      "struct xinpgen": ["xig_len", "xig_count"],
      "struct xtcpcb64": ["xt_len", ...pcb64.map((member) => `xt_inpcb.${member}`), "t_state"],
      "struct socket_fdinfo": [
        "psi.soi_so",
        "psi.soi_type",
        "psi.soi_protocol",
        "psi.soi_family",
        "psi.soi_options",
        "psi.soi_state",
        "psi.soi_qlen",
        "psi.soi_incqlen",
        "psi.soi_qlimit",
        "psi.soi_kind",
        "psi.soi_proto.pri_tcp.tcpsi_state",
      ],
    },
    expressions: [...expressions, "SOCKINFO_TCP"],
    macros: [
      "__APPLE__=1",
      "__MACH__=1",
      "__LITTLE_ENDIAN__=1",
      "availability(...)=unused",
      "deprecated(...)=unused",
      "enum_extensibility(...)=unused",
      "__APPLE_CC__=6000",
      "__APPLE_USE_RFC_3542=1",
      "__ENVIRONMENT_MAC_OS_X_VERSION_MIN_REQUIRED__=110000",
    ],
    machines: { x64: [], arm64: ["__arm64__=1", "__arm64=1", "__aarch64__=1"] },
    folders: { x64: /x86_64/, arm64: /aarch64|arm64/ },
    source: {
      landmark: "bsd/sys/socket.h",
      include: ["bsd", "EXTERNAL_HEADERS", "osfmk", "libkern"],
      links: { x64: {}, arm64: {} },
      // stdint.h and sys/_pthread belong to libraries; the others say which versions of macOS have
      // what.
      generated: {
        "AvailabilityVersions.h": "",
        "limits.h": "#include <machine/limits.h>\n#include <sys/syslimits.h>\n",
        "string.h": "",
        "time.h": "",
        "TargetConditionals.h": "#define TARGET_OS_OSX 1\n",
        "stdint.h": [
          ...[8, 16, 32, 64].map((bits) => `#include <sys/_types/_int${bits}_t.h>\n`),
          ...["char", "short", "int", "long long"].map(
            (type, power) => `typedef unsigned ${type} uint${8 << power}_t;\n`,
          ),
        ].join(""),
        ...Object.fromEntries(
          pthread.map((type) => [
            `sys/_pthread/_pthread_${type}t.h`,
            `typedef struct pthread *pthread_${type}t;\n`,
          ]),
        ),
        "sys/_posix_availability.h": "",
        "sys/_symbol_aliasing.h": "",
      },
    },
  },
  freebsd: {
    headers,
    constants,
    laidOutBy: [...laidOutBy, "sys/user.h", "netlink/netlink.h"],
    structures: {
      ...structures,
      "struct accept_filter_arg": ["af_name", "af_arg"],
      "struct cmsgcred": [
        "cmcred_pid",
        "cmcred_uid",
        "cmcred_euid",
        "cmcred_gid",
        "cmcred_ngroups",
        "cmcred_groups",
      ],
      "struct kinfo_file": ["kf_structsize", "kf_un.kf_sock.kf_sock_pcb"],
      "struct mmsghdr": ["msg_hdr", "msg_len"],
      "struct sockaddr_nl": ["nl_len", "nl_family", "nl_pid", "nl_groups"],
      "struct tcp_info": ["tcpi_state", "tcpi_rtt"],
    },
    expressions,
    macros: ["__FreeBSD__=14", "__ELF__=1"],
    machines: { x64: [], arm64: ["__aarch64__=1"] },
    folders: { x64: /x86_64|amd64/, arm64: /aarch64|arm64/ },
    source: {
      landmark: "sys/sys/socket.h",
      include: ["include", "sys"],
      links: {
        x64: { machine: "sys/amd64/include", x86: "sys/x86/include" },
        arm64: { machine: "sys/arm64/include" },
      },
      generated: {},
    },
  },
};
