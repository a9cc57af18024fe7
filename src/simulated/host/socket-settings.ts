/** Options of SOL_SOCKET that few programs set. Times are nanoseconds. */
export interface SocketSettings {
  readonly receiveLowWater: number;
  readonly receiveTimeout: number;
  readonly sendTimeout: number;
  /** SO_LINGER in seconds; undefined if it is off. */
  readonly linger: number | undefined;
  /** SO_MAX_PACING_RATE; Infinity (~0) if unlimited. */
  readonly pacingRate: number;
  /** SO_TXTIME: the clock and the flags. */
  readonly transmitTime: readonly [clock: number, flags: number];
}

export const INITIAL_SOCKET_SETTINGS: SocketSettings = {
  receiveLowWater: 1,
  receiveTimeout: Number.POSITIVE_INFINITY,
  sendTimeout: Number.POSITIVE_INFINITY,
  linger: undefined,
  pacingRate: Number.POSITIVE_INFINITY,
  transmitTime: [0, 0],
};
