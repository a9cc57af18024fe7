// The checks of node:net, which a browser lacks, and whose regular expression for IPv6 takes four
// milliseconds to compile.

const octet = /^(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$/;
const group = /^[0-9a-f]{1,4}$/i;
const zone = /^[0-9a-z.:-]+$/i;

/** Whether a text is an IPv4 address: four decimal numbers without leading zeros. */
export function isIPv4(text: string): boolean {
  const parts = text.split(".", 5);
  return parts.length === 4 && parts.every((part) => octet.test(part));
}

/** Whether a text is an IPv6 address, with or without a zone. */
export function isIPv6(text: string): boolean {
  const percent = text.indexOf("%");
  if (percent >= 0 && !zone.test(text.slice(percent + 1))) return false;
  const halves = (percent < 0 ? text : text.slice(0, percent)).split("::", 3);
  const counts = halves.map((half, index) => countGroups(half, index === halves.length - 1));
  const count = counts.reduce((sum, each) => sum + each, 0);
  return halves.length === 1 ? count === 8 : halves.length === 2 && count <= 7;
}

/** 4 or 6; 0 if the text is not an address. */
export function isIP(text: string): 0 | 4 | 6 {
  if (isIPv4(text)) return 4;
  return isIPv6(text) ? 6 : 0;
}

/** How many groups a text is; NaN if it is malformed. A dotted address at the end is two. */
function countGroups(text: string, isLast: boolean): number {
  if (text === "") return 0;
  const parts = text.split(":", 10);
  return parts.reduce((count, part, index) => {
    if (group.test(part)) return count + 1;
    return isLast && index === parts.length - 1 && isIPv4(part) ? count + 2 : Number.NaN;
  }, 0);
}
