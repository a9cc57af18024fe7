/** The inherited descriptors: this many, from FIRST_DESCRIPTOR on. */
export interface HandedDescriptors {
  readonly count: number;
  /** Undefined if they have no names. */
  readonly names: readonly string[] | undefined;
}

/** SD_LISTEN_FDS_START of sd-daemon.h. */
export const FIRST_DESCRIPTOR = 3;
const INT_MAX = 0x7fffffff;
const NONE: HandedDescriptors = { count: 0, names: undefined };

/**
 * Parses the variables of sd_listen_fds(3): returns the number of descriptors, 0 if they are for
 * another process, or a message if they are malformed. An empty variable counts as unset.
 */
export function handedDescriptors(
  { LISTEN_FDS, LISTEN_FDNAMES, LISTEN_PID }: NodeJS.ProcessEnv,
  pid: number,
): HandedDescriptors | string {
  if (!LISTEN_FDS) return NONE;
  if (LISTEN_PID) {
    const forWhom = decimal(LISTEN_PID);
    if (forWhom === undefined || forWhom === 0)
      return `LISTEN_PID must be a process id, not ${JSON.stringify(LISTEN_PID)}.`;
    if (forWhom !== pid) return NONE;
  }
  const count = decimal(LISTEN_FDS);
  if (count === undefined || count > INT_MAX - FIRST_DESCRIPTOR)
    return `LISTEN_FDS must be a number of descriptors, not ${JSON.stringify(LISTEN_FDS)}.`;
  const names = LISTEN_FDNAMES ? LISTEN_FDNAMES.split(":") : undefined;
  if (names !== undefined && names.length !== count)
    return `LISTEN_FDNAMES has ${names.length} names, and LISTEN_FDS is ${count}.`;
  return { count, names };
}

/** A non-negative C int, in decimal digits only. */
function decimal(text: string): number | undefined {
  if (!/^\d{1,10}$/.test(text)) return undefined;
  const number = Number(text);
  return number > INT_MAX ? undefined : number;
}

/** The second descriptor of a socket, and the inode of both. */
interface Copy {
  readonly high: number;
  readonly inode: number;
}

/** The sockets in BERKELEY_HOLD; none if it is absent or malformed. */
export function copiesIn(described = "[]"): readonly Copy[] {
  try {
    const held: unknown = JSON.parse(described);
    return Array.isArray(held) ? held.flatMap(copyOf) : [];
  } catch {
    return [];
  }
}

function copyOf(held: unknown): readonly Copy[] {
  if (typeof held !== "object" || held === null || !("high" in held) || !("inode" in held)) return [];
  // Not of another hold's, which LISTEN_FDS does not count.
  if ("low" in held && Number(held.low) < 0) return [];
  const [high, inode] = [Number(held.high), Number(held.inode)];
  return Number.isInteger(high) && Number.isInteger(inode) ? [{ high, inode }] : [];
}
