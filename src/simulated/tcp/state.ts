/** The states of a connection, with the numbers of include/net/tcp_states.h. */
export const STATE = {
  ESTABLISHED: 1,
  SYN_SENT: 2,
  SYN_RECV: 3,
  FIN_WAIT1: 4,
  FIN_WAIT2: 5,
  TIME_WAIT: 6,
  CLOSE: 7,
  CLOSE_WAIT: 8,
  LAST_ACK: 9,
  LISTEN: 10,
  CLOSING: 11,
} as const;

export type State = (typeof STATE)[keyof typeof STATE];

const names = new Map<number, string>(Object.entries(STATE).map(([name, number]) => [number, name]));

export const stateName = (state: State): string => names.get(state) ?? String(state);

/** A set of states, for `isOneOf()`. */
export const states = (...members: readonly State[]): number =>
  members.reduce<number>((set, state) => set | (1 << state), 0);

export const isOneOf = (state: State, set: number): boolean => ((1 << state) & set) !== 0;

/** States in which the peer's SYN has been acknowledged: `rcvNxt` means something. */
export const SYNCHRONIZED = states(
  STATE.ESTABLISHED,
  STATE.FIN_WAIT1,
  STATE.FIN_WAIT2,
  STATE.CLOSE_WAIT,
  STATE.LAST_ACK,
  STATE.CLOSING,
);

/** States in which the program may still send. */
export const CAN_SEND = states(STATE.ESTABLISHED, STATE.CLOSE_WAIT);
