/**
 * Errors of getaddrinfo() and getnameinfo(), by the numbers that Node and libuv have for them on
 * every system (UV_EAI_ in uv.h), apart from all errnos. libuv has none for the last.
 */
export const EAI = {
  EAI_ADDRFAMILY: 3000,
  EAI_AGAIN: 3001,
  EAI_BADFLAGS: 3002,
  EAI_FAIL: 3004,
  EAI_FAMILY: 3005,
  EAI_MEMORY: 3006,
  EAI_NODATA: 3007,
  EAI_NONAME: 3008,
  EAI_OVERFLOW: 3009,
  EAI_SERVICE: 3010,
  EAI_SOCKTYPE: 3011,
  EAI_BADHINTS: 3013,
  EAI_PROTOCOL: 3014,
  EAI_IDN_ENCODE: 3105,
} as const;

const numbers = new Map<string, number>(Object.entries(EAI));
const names = new Map<number, string>(Object.entries(EAI).map(([name, number]) => [number, name]));

/** The C name of one of these numbers; undefined for any other. */
export const eaiName = (number: number): string | undefined => names.get(number);

/** The number of a C name; undefined for any other. */
export const eaiNumber = (name: string): number | undefined => numbers.get(name);

/** The numbers of a C library: glibc's and musl's are negative. */
export type EaiNumbers = Readonly<Partial<Record<keyof typeof EAI, number>> & { EAI_SYSTEM: number }>;

/** <netdb.h> of glibc and musl. */
export const linuxEai: EaiNumbers = {
  EAI_ADDRFAMILY: -9,
  EAI_AGAIN: -3,
  EAI_BADFLAGS: -1,
  EAI_FAIL: -4,
  EAI_FAMILY: -6,
  EAI_IDN_ENCODE: -105,
  EAI_MEMORY: -10,
  EAI_NODATA: -5,
  EAI_NONAME: -2,
  EAI_OVERFLOW: -12,
  EAI_SERVICE: -8,
  EAI_SOCKTYPE: -7,
  EAI_SYSTEM: -11,
};

/** <netdb.h> of macOS and FreeBSD. */
export const bsdEai: EaiNumbers = {
  EAI_ADDRFAMILY: 1,
  EAI_AGAIN: 2,
  EAI_BADFLAGS: 3,
  EAI_BADHINTS: 12,
  EAI_FAIL: 4,
  EAI_FAMILY: 5,
  EAI_MEMORY: 6,
  EAI_NODATA: 7,
  EAI_NONAME: 8,
  EAI_OVERFLOW: 14,
  EAI_PROTOCOL: 13,
  EAI_SERVICE: 9,
  EAI_SOCKTYPE: 10,
  EAI_SYSTEM: 11,
};
