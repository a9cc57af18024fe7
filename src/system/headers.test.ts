import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../../test/root.ts";
import { F_GETFD, F_GETFL, F_SETFD, FD_CLOEXEC, O_NONBLOCK } from "./bsd/fcntl.ts";
import { FIOCLEX, FIONBIO, ioctls } from "./bsd/ioctl.ts";
import { MMSGHDR } from "./bsd/message-headers.ts";
import { TCPS } from "./bsd/tcp-state.ts";
import { valueConstants } from "./bsd/value-constants.ts";
import { F_DUPFD_CLOEXEC as DARWIN_F_DUPFD_CLOEXEC } from "./darwin/darwin.ts";
import { STAT as DARWIN_STAT } from "./darwin/identity.ts";
import { darwinNumbers } from "./darwin/numbers.ts";
import {
  IN6P_IPV6_V6ONLY,
  INP_IPV4,
  INP_IPV6,
  TCPS_TIME_WAIT,
  XINPCB64,
  XINPGEN_SIZE,
  XTCPCB64,
} from "./darwin/pcb-list.ts";
import {
  PROC_ALL_PIDS,
  PROC_BSDINFO,
  PROC_FDINFO,
  PROC_PIDLISTFDS,
  PROC_PIDTBSDINFO,
  PROX_FDTYPE_SOCKET,
} from "./darwin/process-info.ts";
import {
  PROC_PIDFDSOCKETINFO,
  SOCKET_FDINFO,
  SOCKINFO_TCP,
  SOI_S_CANTRCVMORE,
} from "./darwin/socket-info.ts";
import { F_DUPFD_CLOEXEC } from "./freebsd/freebsd.ts";
import { F_KINFO, KINFO_FILE, STAT } from "./freebsd/identity.ts";
import { freebsdNumbers } from "./freebsd/numbers.ts";
import { TCP_INFO } from "./freebsd/tcp-state.ts";
import { IOV, MSG } from "./msghdr.ts";
import type { OptionNumber, SystemNumbers } from "./system.ts";

// headers.json holds the values that scripts/headers.mjs found in the system's published headers,
// and their revision.

interface Headers {
  readonly revision: string;
  readonly constants: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly structures: Readonly<Record<string, Structure>>;
  readonly expressions: Readonly<Record<string, number>>;
}

interface Structure {
  readonly size: number;
  /** Offset and size of each member. */
  readonly members: Readonly<Record<string, readonly [number, number]>>;
}

/**
 * Entries of options.ts that share a number with another name, or have none; the reason is beside
 * each.
 */
const otherwise: Readonly<Record<string, Readonly<Record<string, string | null>>>> = {
  darwin: { SO_DOMAIN: null, SO_LINGER: "SO_LINGER_SEC", SO_PROTOCOL: null, TCP_KEEPIDLE: "TCP_KEEPALIVE" },
  freebsd: {},
};

const levels: Readonly<Record<string, string>> = {
  IP: "IPPROTO_IP",
  IPV6: "IPPROTO_IPV6",
  LOCAL: "SOL_LOCAL",
  MCAST: "IPPROTO_IP",
  SCM: "SOL_SOCKET",
  SO: "SOL_SOCKET",
  TCP: "IPPROTO_TCP",
  UDP: "IPPROTO_UDP",
};
const levelOf = (name: string) => levels[name.slice(0, name.indexOf("_"))] ?? "";

for (const numbers of [darwinNumbers, freebsdNumbers]) {
  const { name, constants, errnos, options, pointerOptions, controls } = numbers;
  const headers = headersOf(numbers);
  const defined = new Map(Object.values(headers.constants).flatMap((file) => Object.entries(file)));

  test(`${name}: constants.ts has the numbers of the headers`, () => {
    for (const [group, value] of Object.entries(constants)) {
      // The states of TCP are those of TCPS, which are compared below.
      if (group in valueConstants) continue;
      if (typeof value === "number") assert.equal(defined.get(group), value, group);
      else {
        for (const [key, number] of Object.entries(value)) {
          const name = `${group}${group === "POLL" ? "" : "_"}${key}`;
          assert.equal(defined.get(name), number, name);
        }
      }
    }
  });

  test(`${name}: errno.ts has every errno of the headers except aliases`, () => {
    for (const [code, number] of Object.entries(errnos)) assert.equal(defined.get(code), number, code);
    const numbers = new Set(Object.values(errnos));
    assert.equal(numbers.size, Object.keys(errnos).length, "two names of one number");
    for (const [code, number] of Object.entries(headers.constants["sys/errno.h"] ?? {})) {
      assert.ok(numbers.has(number), code);
    }
  });

  test(`${name}: options.ts has the numbers of the headers`, () => {
    for (const [option, { level, number }] of Object.entries<OptionNumber>(options)) {
      assert.equal(level, defined.get(levelOf(option)), `the level of ${option}`);
      const alias = otherwise[name]?.[option];
      const cName = alias === undefined ? option.replace(/^IPV6_MCAST_/, "MCAST_") : alias;
      if (cName === null) assert.ok(!defined.has(option), option);
      else assert.equal(defined.get(cName), number, option);
    }
  });

  test(`${name}: options that carry pointers are in the headers, and have no descriptor`, () => {
    const known = new Set(
      Object.values<OptionNumber>(options).map(({ level, number }) => `${level} ${number}`),
    );
    for (const { level, number } of pointerOptions) {
      const names = [...defined].filter(
        ([name, value]) => value === number && defined.get(levelOf(name)) === level,
      );
      assert.ok(
        names.some(([name]) => /MSFILTER|TLS_ENABLE|LABEL/.test(name)),
        `${level} ${number}`,
      );
      assert.ok(!known.has(`${level} ${number}`), `${level} ${number}`);
    }
  });

  test(`${name}: controls.ts has the numbers of the headers`, () => {
    for (const [control, { level, number }] of Object.entries(controls)) {
      assert.equal(defined.get(control), number, control);
      assert.equal(level, defined.get(levelOf(control)), `the level of ${control}`);
      assert.equal(numbers.controlName(level, number), control);
    }
    for (const option of ["IP_RECVTOS", "IP_RECVTTL"]) {
      const { level, number } = options[option] ?? { level: -1, number: -1 };
      assert.equal(numbers.controlName(level, number), option.replace("RECV", ""));
    }
  });

  test(`${name}: the tables are sorted by C name`, () => {
    for (const table of [errnos, options, controls, ...Object.values(constants)]) {
      if (typeof table === "number") continue;
      assert.deepEqual(Object.keys(table), Object.keys(table).toSorted());
    }
  });

  test(`${name}: addresses and control messages are laid out as in the headers`, () => {
    const { cmsg, sockaddr } = numbers;
    const un = headers.structures["struct sockaddr_un"];
    assert.deepEqual(un?.members, {
      sun_len: [0, 1],
      sun_family: [1, 1],
      sun_path: [2, sockaddr.sunPathSize],
    });
    assert.ok(sockaddr.lengthByte);
    const cmsghdr = headers.structures["struct cmsghdr"];
    assert.equal(cmsghdr?.size, cmsg.headerSize);
    assert.deepEqual(cmsghdr?.members.cmsg_len, [0, cmsg.lengthSize]);
    for (const length of [0, 1, 4, 12]) {
      const align = (size: number) => Math.ceil(size / cmsg.alignment) * cmsg.alignment;
      const name = length === 0 ? "CMSG_LEN(0)" : `CMSG_SPACE(${length})`;
      assert.equal(headers.expressions[name], align(cmsg.headerSize) + align(length), name);
    }
  });
}

/** The offsets of the members, by the last part of their names, and the size. */
const locations = ({ size, members }: Structure) => ({
  ...Object.fromEntries(Object.entries(members).map(([name, [at]]) => [name.replace(/.*\./, ""), at])),
  size,
});

function structure(numbers: SystemNumbers, name: string): Structure {
  const found = headersOf(numbers).structures[name];
  assert.ok(found !== undefined, name);
  return found;
}

test("messages are laid out as in the headers", () => {
  for (const numbers of [darwinNumbers, freebsdNumbers]) {
    const { members, size } = structure(numbers, "struct msghdr");
    assert.equal(size, MMSGHDR.len);
    assert.deepEqual(members, {
      msg_name: [MSG.name, 8],
      msg_namelen: [MSG.namelen, 4],
      msg_iov: [MSG.iov, 8],
      msg_iovlen: [MSG.iovlen, 4],
      msg_control: [MSG.control, 8],
      msg_controllen: [MSG.controllen, 4],
      msg_flags: [MMSGHDR.flags, 4],
    });
    const iovec = structure(numbers, "struct iovec");
    assert.deepEqual(iovec, { size: IOV.size, members: { iov_base: [IOV.base, 8], iov_len: [IOV.len, 8] } });
  }
  const { size, members } = structure(freebsdNumbers, "struct mmsghdr");
  assert.equal(size, MMSGHDR.size);
  assert.deepEqual(members, { msg_hdr: [0, MMSGHDR.len], msg_len: [MMSGHDR.len, 8] });
});

test("the structures that the Systems read are laid out as in the headers", () => {
  assert.deepEqual(locations(structure(darwinNumbers, "struct stat")), DARWIN_STAT);
  assert.deepEqual(locations(structure(darwinNumbers, "struct socket_fdinfo")), SOCKET_FDINFO);
  assert.deepEqual(locations(structure(darwinNumbers, "struct proc_fdinfo")), PROC_FDINFO);
  assert.deepEqual(locations(structure(darwinNumbers, "struct proc_bsdinfo")), PROC_BSDINFO);
  assert.deepEqual(locations(structure(darwinNumbers, "struct xinpcb64")), XINPCB64);
  assert.equal(structure(darwinNumbers, "struct xinpgen").size, XINPGEN_SIZE);
  const { members: xtcpcb, size: xtcpcbSize } = structure(darwinNumbers, "struct xtcpcb64");
  assert.deepEqual([xtcpcb.xt_len?.[0], xtcpcb.t_state?.[0]], [XTCPCB64.xt_len, XTCPCB64.t_state]);
  assert.equal(xtcpcbSize, XTCPCB64.size);
  for (const [name, [at]] of Object.entries(structure(darwinNumbers, "struct xinpcb64").members)) {
    if (name !== "xi_len") assert.equal(xtcpcb[`xt_inpcb.${name}`]?.[0], XTCPCB64.xt_inpcb + at, name);
  }
  assert.deepEqual(locations(structure(freebsdNumbers, "struct stat")), STAT);
  assert.deepEqual(locations(structure(freebsdNumbers, "struct kinfo_file")), KINFO_FILE);
  for (const numbers of [darwinNumbers, freebsdNumbers]) {
    const pollfd = structure(numbers, "struct pollfd");
    assert.deepEqual(pollfd, { size: 8, members: { fd: [0, 4], events: [4, 2], revents: [6, 2] } });
    assert.equal(structure(numbers, "struct sockaddr_storage").size, 128);
  }
  assert.deepEqual(structure(freebsdNumbers, "struct tcp_info").members.tcpi_state, [0, 1]);
});

test("the numbers that the Systems use are those of the headers", () => {
  const both = {
    ...ioctls,
    F_GETFD,
    F_GETFL,
    F_SETFD,
    FD_CLOEXEC,
    FIOCLEX,
    FIONBIO,
    O_NONBLOCK,
    MAP_ANON: 0x1000,
    MAP_PRIVATE: 0x2,
    PROT_READ: 0x1,
    PROT_WRITE: 0x2,
  };
  const tcps = Object.fromEntries(Object.entries(TCPS).map(([state, number]) => [`TCPS_${state}`, number]));
  assertDefined(darwinNumbers, {
    ...both,
    ...tcps,
    F_DUPFD_CLOEXEC: DARWIN_F_DUPFD_CLOEXEC,
    IN6P_IPV6_V6ONLY,
    INP_IPV4,
    INP_IPV6,
    PROC_ALL_PIDS,
    PROC_PIDFDSOCKETINFO,
    PROC_PIDLISTFDS,
    PROC_PIDTBSDINFO,
    PROX_FDTYPE_SOCKET,
    SOCKINFO_TCP,
    SOI_S_CANTRCVMORE,
    TCPS_TIME_WAIT,
  });
  const TCP_INFO_NUMBER = { IPPROTO_TCP: TCP_INFO.level, TCP_INFO: TCP_INFO.number };
  assertDefined(freebsdNumbers, {
    ...both,
    ...tcps,
    ...TCP_INFO_NUMBER,
    F_DUPFD_CLOEXEC,
    F_KINFO,
  });
});

function assertDefined(numbers: SystemNumbers, expected: Readonly<Record<string, number>>): void {
  const { constants, expressions } = headersOf(numbers);
  const defined = Object.assign({}, expressions, ...Object.values(constants));
  for (const [name, number] of Object.entries(expected)) {
    assert.equal(defined[name], number, `${numbers.name}: ${name}`);
  }
}

function headersOf({ name }: SystemNumbers): Headers {
  return JSON.parse(readFileSync(join(root, `src/system/${name}/headers.json`), "utf8"));
}
