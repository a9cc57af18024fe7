/** Where random calls would find the kernel and a simulated host to differ, and why that stays. */
export interface CallDifference {
  readonly reason: string;
  /** Whether a call, after earlier calls on the same descriptor, is left out of the sequences. */
  leavesOut(call: string, earlier: readonly string[]): boolean;
}

export const callDifferences: readonly CallDifference[] = [
  {
    reason:
      "Linux leaves an IPv6 socket with IPv4's operations when its connection to a mapped address " +
      "fails after connect() has returned: the SYN of the next connection, to an IPv6 address, goes " +
      "nowhere (tcp_v6_connect() restores icsk_af_ops only if tcp_v4_connect() fails).",
    leavesOut: (call, earlier) =>
      /^connect \[(?!::ffff:)/.test(call) && earlier.some((one) => one.startsWith("connect [::ffff:")),
  },
];
