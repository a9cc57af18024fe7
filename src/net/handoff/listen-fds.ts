/** The descriptors that a process is started with: so many, from FIRST_DESCRIPTOR on. */
export interface HandedDescriptors {
  readonly count: number;
  /** Undefined where they have none. */
  readonly names: readonly string[] | undefined;
}

/** SD_LISTEN_FDS_START of sd-daemon.h. */
export const FIRST_DESCRIPTOR = 3;
const INT_MAX = 0x7fffffff;
const NONE: HandedDescriptors = { count: 0, names: undefined };

/**
 * What the variables of sd_listen_fds(3) say: how many descriptors, none where they are for another
 * process; or what is wrong with the variables, as a sentence. An empty variable counts as one that
 * is not there.
 */
export function handedDescriptors(
  { LISTEN_FDS, LISTEN_FDNAMES, LISTEN_PID }: NodeJS.ProcessEnv,
  pid: number,
): HandedDescriptors | string {
  if (!LISTEN_FDS) return NONE;
  if (LISTEN_PID) {
    const forWhom = decimal(LISTEN_PID);
    if (forWhom === undefined || forWhom === 0)
      return `LISTEN_PID is the number of a process, not ${JSON.stringify(LISTEN_PID)}.`;
    if (forWhom !== pid) return NONE;
  }
  const count = decimal(LISTEN_FDS);
  if (count === undefined || count > INT_MAX - FIRST_DESCRIPTOR)
    return `LISTEN_FDS is a number of descriptors, not ${JSON.stringify(LISTEN_FDS)}.`;
  const names = LISTEN_FDNAMES ? LISTEN_FDNAMES.split(":") : undefined;
  if (names !== undefined && names.length !== count)
    return `LISTEN_FDNAMES has ${names.length} names, and LISTEN_FDS is ${count}.`;
  return { count, names };
}

/** A C int that is not negative, in decimal digits alone. */
function decimal(text: string): number | undefined {
  if (!/^\d{1,10}$/.test(text)) return undefined;
  const number = Number(text);
  return number > INT_MAX ? undefined : number;
}
