import type { Pointer } from "../native/library.ts";
import { EAI, type EaiNumbers } from "./eai.ts";
import type { PosixLibc } from "./posix-libc.ts";
import type { AddressInfoHints, Calls, ResolvedAddressInfo } from "./system.ts";

/** How <netdb.h> differs between 64-bit systems. */
export interface NetdbLayout {
  /** The offsets of ai_addr and ai_canonname, whose order differs. */
  readonly addr: number;
  readonly canonname: number;
  readonly eai: EaiNumbers;
}

/** The calls of <netdb.h>. */
export type NetdbCalls = Pick<Calls, "getaddrinfo" | "getnameinfo" | "getprotobyname" | "getservbyname">;

/** struct protoent is { char *p_name, **p_aliases; int p_proto } (<netdb.h>). */
const PROTOENT = { name: 0, proto: 16, size: 24 };
/** struct servent is { char *s_name, **s_aliases; int s_port; char *s_proto } (<netdb.h>). */
const SERVENT = { name: 0, port: 16, proto: 24, size: 32 };
/**
 * struct addrinfo is { int ai_flags, ai_family, ai_socktype, ai_protocol; socklen_t ai_addrlen; …;
 * struct addrinfo *ai_next }, with ai_addr and ai_canonname in between (<netdb.h>).
 */
export const ADDRINFO = { flags: 0, family: 4, socktype: 8, protocol: 12, addrlen: 16, next: 40, size: 48 };
/** The same on all three systems. */
const ENOENT = 2;
/** Longer than any name in the tables; the rest of a longer one is left out. */
const NAME_SIZE = 256;
/** sockaddr_storage. */
const ADDRESS_SIZE = 128;
/** NI_MAXHOST and NI_MAXSERV, and as much again for the longest path of a unix socket. */
const HOST_SIZE = 2048;

/** The calls over a C library: the system's, or a test's. */
export function netdbCalls(libc: PosixLibc, { addr, canonname, eai }: NetdbLayout): NetdbCalls {
  const numbers = new Map<number, number>(
    Object.entries(EAI).flatMap(([name, number]): [number, number][] => {
      const own = Object.entries(eai).find(([key]) => key === name)?.[1];
      return own === undefined ? [] : [[own, number]];
    }),
  );

  /** The negative errno or EAI number for a call's result. */
  function failure(returned: number, errno: number): number {
    // Some modules of nsswitch.conf(5) set no errno, and 0 would mean success.
    if (returned === eai.EAI_SYSTEM) return -(errno || EAI.EAI_FAIL);
    return -(numbers.get(returned) ?? EAI.EAI_FAIL);
  }

  /** Safety: the C library keeps the structure until its next call, or until it is freed. */
  function copied(from: Pointer, size: number): Buffer {
    const bytes = Buffer.alloc(size);
    libc.memcpy(bytes, from, size);
    return bytes;
  }

  /** Safety: strncpy() reads no further than the NUL. */
  function stringAt(at: Pointer, size = NAME_SIZE): string {
    const bytes = Buffer.alloc(size);
    libc.strncpy(bytes, at, size);
    return stringOf(bytes);
  }

  function entryAt(at: Pointer): { readonly entry: ResolvedAddressInfo; readonly next: Pointer } {
    const bytes = copied(at, ADDRINFO.size);
    const length = Math.min(bytes.readUInt32LE(ADDRINFO.addrlen), ADDRESS_SIZE);
    const address = bytes.readBigUInt64LE(addr);
    const name = bytes.readBigUInt64LE(canonname);
    const entry: ResolvedAddressInfo = {
      family: bytes.readInt32LE(ADDRINFO.family),
      socktype: bytes.readInt32LE(ADDRINFO.socktype),
      protocol: bytes.readInt32LE(ADDRINFO.protocol),
      address: address === 0n ? new Uint8Array(0) : copied(address, length),
      canonname: name === 0n ? undefined : stringAt(name, HOST_SIZE),
    };
    return { entry, next: bytes.readBigUInt64LE(ADDRINFO.next) };
  }

  return {
    getprotobyname(name, into) {
      const found = libc.getprotobyname(cString(name));
      if (found === null) return -ENOENT;
      const entry = copied(found, PROTOENT.size);
      const text = stringAt(entry.readBigUInt64LE(PROTOENT.name));
      into.push({ name: text, protocol: entry.readInt32LE(PROTOENT.proto) });
      return 0;
    },
    getservbyname(name, protocol, into) {
      const found = libc.getservbyname(cString(name), protocol === null ? null : cString(protocol));
      if (found === null) return -ENOENT;
      const entry = copied(found, SERVENT.size);
      into.push({
        name: stringAt(entry.readBigUInt64LE(SERVENT.name)),
        // An int in network byte order, of which the first two bytes count.
        port: entry.readUInt16BE(SERVENT.port),
        protocol: stringAt(entry.readBigUInt64LE(SERVENT.proto)),
      });
      return 0;
    },
    /**
     * Safety: the C library allocated the list for this call alone. It ends with a null pointer.
     * Every entry is copied, and the list is freed exactly once, even if copying fails.
     */
    getaddrinfo(node, service, hints, into) {
      const list = new BigUint64Array(1);
      const returned = libc.getaddrinfo(
        node === null ? null : cString(node),
        service === null ? null : cString(service),
        addrinfo(hints),
        new Uint8Array(list.buffer),
      );
      if (returned !== 0) return failure(returned, libc.errno());
      const [first = 0n] = list;
      try {
        for (let at = first; at !== 0n; ) {
          const { entry, next } = entryAt(at);
          into.push(entry);
          at = next;
        }
      } finally {
        if (first !== 0n) libc.freeaddrinfo(first);
      }
      return 0;
    },
    /** Safety: the address is in mapped memory, and the names are ours, with their lengths. */
    getnameinfo(address, flags, into) {
      const [host, service] = [Buffer.alloc(HOST_SIZE), Buffer.alloc(HOST_SIZE)];
      const { pointer, validLength } = address;
      const returned = libc.getnameinfo(pointer, validLength, host, HOST_SIZE, service, HOST_SIZE, flags);
      if (returned !== 0) return failure(returned, libc.errno());
      into.push({ host: stringOf(host), service: stringOf(service) });
      return 0;
    },
  };
}

function addrinfo({ flags, family, socktype, protocol }: AddressInfoHints): Buffer {
  const bytes = Buffer.alloc(ADDRINFO.size);
  bytes.writeInt32LE(flags, ADDRINFO.flags);
  bytes.writeInt32LE(family, ADDRINFO.family);
  bytes.writeInt32LE(socktype, ADDRINFO.socktype);
  bytes.writeInt32LE(protocol, ADDRINFO.protocol);
  return bytes;
}

const cString = (text: string): Buffer => Buffer.from(`${text}\0`);

/** A C string. */
export function stringOf(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString("utf8", 0, end < 0 ? bytes.byteLength : end);
}
