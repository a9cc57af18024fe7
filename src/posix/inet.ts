import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from "../address/ip.ts";
import { argumentType, copyOfBytes, int, invalidValue, kind, outOfRange } from "../errors/argument.ts";
import { AF } from "./constants.ts";

/**
 * Converts the text of an IPv4 or IPv6 address to its bytes, in network byte order.
 *
 * @param family `AF.INET` or `AF.INET6`
 * @param text `"192.0.2.1"`, or `"2001:db8::1"` without a zone
 * @returns 4 or 16 bytes; undefined if the text is not an address of the family
 * @throws TypeError if an argument is of the wrong type, or the family is another
 * @example
 * ```ts
 * console.log(inet_pton(AF.INET, "192.0.2.1")?.join()); // 192,0,2,1
 * console.log(inet_pton(AF.INET, "192.0.2")); // undefined
 * ```
 * @see [POSIX](https://pubs.opengroup.org/onlinepubs/9699919799/functions/inet_pton.html)
 * @see [Linux](https://man7.org/linux/man-pages/man3/inet_pton.3.html)
 */
export function inet_pton(family: number, text: string): Uint8Array | undefined {
  const isIpv6 = checkFamily(family);
  if (typeof text !== "string") throw argumentType(`text must be a string, not ${kind(text)}`);
  return isIpv6 ? parseIpv6(text) : parseIpv4(text);
}

/**
 * Converts the bytes of an IPv4 or IPv6 address to its text, as RFC 5952 writes it.
 *
 * @param family `AF.INET` or `AF.INET6`
 * @param bytes 4 or 16 bytes, in network byte order
 * @throws TypeError if an argument is of the wrong type, or the family is another
 * @throws RangeError if there are more or fewer bytes
 * @example
 * ```ts
 * const loopback = new Uint8Array(16);
 * loopback[15] = 1;
 * console.log(inet_ntop(AF.INET6, loopback)); // ::1
 * ```
 * @see [POSIX](https://pubs.opengroup.org/onlinepubs/9699919799/functions/inet_ntop.html)
 * @see [Linux](https://man7.org/linux/man-pages/man3/inet_ntop.3.html)
 */
export function inet_ntop(family: number, bytes: Uint8Array): string {
  const isIpv6 = checkFamily(family);
  const copy = copyOfBytes("bytes", bytes);
  const length = isIpv6 ? 16 : 4;
  if (copy.byteLength !== length) {
    throw outOfRange(`bytes must be ${length} bytes long, not ${copy.byteLength}`);
  }
  return isIpv6 ? formatIpv6(copy) : formatIpv4(copy);
}

/** Whether it is IPv6. */
function checkFamily(family: number): boolean {
  if (family !== AF.INET && family !== AF.INET6) {
    int("family", family);
    throw invalidValue(`family must be AF.INET or AF.INET6, not ${family}`);
  }
  return family === AF.INET6;
}
