import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { darwinNumbers } from "./darwin/numbers.ts";
import { freebsdNumbers } from "./freebsd/numbers.ts";
import type { OptionNumber, SystemNumbers } from "./system.ts";

// headers.json holds what scripts/headers.mjs found in the system's published headers, and the revision of those.

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

/** Entries of options.ts that are another name's number, or nobody's; why, stands there. */
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
      if (typeof value === "number") assert.equal(defined.get(group), value, group);
      else {
        for (const [key, number] of Object.entries(value)) {
          const name = `${group}${group === "POLL" ? "" : "_"}${key}`;
          assert.equal(defined.get(name), number, name);
        }
      }
    }
  });

  test(`${name}: errno.ts has every errno of the headers but second names`, () => {
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

  test(`${name}: the options that carry pointers are found in the headers, and have no descriptor`, () => {
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

  test(`${name}: addresses and control messages are laid out as the headers have them`, () => {
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

function headersOf({ name }: SystemNumbers): Headers {
  // The compiled test runs in dist/system/; the headers stay in src/.
  return JSON.parse(readFileSync(new URL(`../../src/system/${name}/headers.json`, import.meta.url), "utf8"));
}
