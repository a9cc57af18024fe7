type Sysctlbyname = typeof import("./libc.ts").sysctlbyname;

/** How often to retry if the value grows between the two calls. */
const ATTEMPTS = 8;

/** The value of a sysctl(3) name; undefined if it does not exist, or may not be read. */
export function sysctl(sysctlbyname: Sysctlbyname, name: string): Uint8Array | undefined {
  const cName = Buffer.from(`${name}\0`);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const length = new BigUint64Array(1);
    const lengthBytes = new Uint8Array(length.buffer);
    if (sysctlbyname(cName, null, lengthBytes, null, 0) !== 0) return undefined;
    // The reported length already includes some slack (n / 8 in tcp_pcblist64).
    const value = new Uint8Array(Number(length[0]));
    if (sysctlbyname(cName, value, lengthBytes, null, 0) === 0) return value.subarray(0, Number(length[0]));
  }
  return undefined;
}

/** The same for an int. */
export function sysctlInt(sysctlbyname: Sysctlbyname, name: string): number | undefined {
  const value = sysctl(sysctlbyname, name);
  if (value === undefined || value.byteLength < 4) return undefined;
  return new DataView(value.buffer, value.byteOffset).getInt32(0, true);
}
