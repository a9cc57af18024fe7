/** Options of TCP that few programs set. Times are nanoseconds, and 0 is the host's setting. */
export interface TcpSettings {
  /** TCP_MAXSEG; 0 if unset. */
  readonly userMss: number;
  /** TCP_WINDOW_CLAMP; 0 if unset. */
  readonly windowClamp: number;
  readonly keepaliveTime: number;
  readonly keepaliveInterval: number;
  readonly keepaliveProbes: number;
  readonly userTimeout: number;
  readonly synRetries: number;
  /** TCP_DEFER_ACCEPT, in SYN-ACK timeouts. */
  readonly deferAccept: number;
  /** TCP_LINGER2; negative does not wait in FIN_WAIT2. */
  readonly linger2: number;
  readonly notsentLowat: number;
  readonly rtoMin: number;
  readonly rtoMax: number;
  readonly delackMax: number;
  readonly thinLinearTimeouts: boolean;
}

export const INITIAL_SETTINGS: TcpSettings = {
  userMss: 0,
  windowClamp: 0,
  keepaliveTime: 0,
  keepaliveInterval: 0,
  keepaliveProbes: 0,
  userTimeout: 0,
  synRetries: 0,
  deferAccept: 0,
  linger2: 0,
  notsentLowat: 0,
  rtoMin: 0,
  rtoMax: 0,
  delackMax: 0,
  thinLinearTimeouts: false,
};
