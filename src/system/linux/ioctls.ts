/**
 * The numbers of requests of ioctl(), sorted by C name. From include/uapi/linux/sockios.h and
 * include/uapi/asm-generic/ioctls.h and sockios.h, the same on x64 and arm64; headers.test.ts
 * checks each with the C compiler.
 */
export const ioctls = {
  FIONREAD: 0x541b,
  SIOCATMARK: 0x8905,
  SIOCGIFADDR: 0x8915,
  SIOCGIFBRDADDR: 0x8919,
  SIOCGIFDSTADDR: 0x8917,
  SIOCGIFFLAGS: 0x8913,
  SIOCGIFHWADDR: 0x8927,
  SIOCGIFINDEX: 0x8933,
  SIOCGIFMTU: 0x8921,
  SIOCGIFNAME: 0x8910,
  SIOCGIFNETMASK: 0x891b,
  SIOCGIFTXQLEN: 0x8942,
  SIOCGPGRP: 0x8904,
  // SIOCGSTAMP_OLD and SIOCGSTAMPNS_OLD, whose seconds have 64 bits on these machines.
  SIOCGSTAMP: 0x8906,
  SIOCGSTAMPNS: 0x8907,
  SIOCINQ: 0x541b,
  SIOCOUTQ: 0x5411,
  SIOCOUTQNSD: 0x894b,
  SIOCSIFADDR: 0x8916,
  SIOCSIFBRDADDR: 0x891a,
  SIOCSIFDSTADDR: 0x8918,
  SIOCSIFFLAGS: 0x8914,
  SIOCSIFHWADDR: 0x8924,
  SIOCSIFMTU: 0x8922,
  SIOCSIFNAME: 0x8923,
  SIOCSIFNETMASK: 0x891c,
  SIOCSIFTXQLEN: 0x8943,
  SIOCSPGRP: 0x8902,
} as const;
