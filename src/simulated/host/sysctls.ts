/**
 * Settings of a host under Linux's names, with the defaults of Linux 6.18 on a machine with 24 GiB.
 */
export const SYSCTL_DEFAULTS = {
  "fs.nr_open": 1_048_576,
  /** RLIMIT_NOFILE of the host's one process; not a sysctl, but it limits descriptors likewise. */
  "fs.rlimit_nofile": 1_048_576,
  "net.core.optmem_max": 131_072,
  "net.core.rmem_default": 212_992,
  "net.core.rmem_max": 4_194_304,
  "net.core.somaxconn": 4_096,
  "net.core.wmem_default": 212_992,
  "net.core.wmem_max": 4_194_304,
  "net.ipv4.icmp_echo_ignore_all": 0,
  "net.ipv4.icmp_echo_ignore_broadcasts": 1,
  "net.ipv4.icmp_msgs_burst": 50,
  "net.ipv4.icmp_msgs_per_sec": 1_000,
  "net.ipv4.icmp_ratelimit": 1_000,
  "net.ipv4.icmp_ratemask": 6_168,
  "net.ipv4.igmp_max_memberships": 20,
  "net.ipv4.igmp_max_msf": 10,
  "net.ipv4.ip_autobind_reuse": 0,
  "net.ipv4.ip_default_ttl": 64,
  "net.ipv4.ip_forward": 0,
  "net.ipv4.ip_local_port_range": [32_768, 60_999],
  "net.ipv4.ip_local_reserved_ports": "",
  "net.ipv4.ip_no_pmtu_disc": 0,
  "net.ipv4.ip_nonlocal_bind": 0,
  "net.ipv4.ip_unprivileged_port_start": 1_024,
  "net.ipv4.ipfrag_high_thresh": 4_194_304,
  "net.ipv4.ipfrag_time": 30,
  "net.ipv4.route.min_pmtu": 552,
  "net.ipv4.route.mtu_expires": 600,
  "net.ipv4.tcp_abort_on_overflow": 0,
  "net.ipv4.tcp_adv_win_scale": 1,
  "net.ipv4.tcp_app_win": 31,
  "net.ipv4.tcp_autocorking": 1,
  "net.ipv4.tcp_base_mss": 1_024,
  "net.ipv4.tcp_challenge_ack_limit": 2_147_483_647,
  "net.ipv4.tcp_comp_sack_delay_ns": 1_000_000,
  "net.ipv4.tcp_comp_sack_nr": 44,
  "net.ipv4.tcp_comp_sack_slack_ns": 100_000,
  "net.ipv4.tcp_congestion_control": "cubic",
  "net.ipv4.tcp_dsack": 1,
  "net.ipv4.tcp_early_retrans": 3,
  "net.ipv4.tcp_ecn": 2,
  "net.ipv4.tcp_ecn_fallback": 1,
  "net.ipv4.tcp_fack": 0,
  "net.ipv4.tcp_fastopen": 1,
  "net.ipv4.tcp_fin_timeout": 60,
  "net.ipv4.tcp_frto": 2,
  "net.ipv4.tcp_fwmark_accept": 0,
  "net.ipv4.tcp_invalid_ratelimit": 500,
  "net.ipv4.tcp_keepalive_intvl": 75,
  "net.ipv4.tcp_keepalive_probes": 9,
  "net.ipv4.tcp_keepalive_time": 7_200,
  "net.ipv4.tcp_limit_output_bytes": 4_194_304,
  "net.ipv4.tcp_low_latency": 0,
  "net.ipv4.tcp_max_orphans": 131_072,
  "net.ipv4.tcp_max_reordering": 300,
  "net.ipv4.tcp_max_syn_backlog": 2_048,
  "net.ipv4.tcp_max_tw_buckets": 131_072,
  "net.ipv4.tcp_mem": [287_901, 383_869, 575_802],
  "net.ipv4.tcp_migrate_req": 0,
  "net.ipv4.tcp_min_rtt_wlen": 300,
  "net.ipv4.tcp_min_snd_mss": 48,
  "net.ipv4.tcp_min_tso_segs": 2,
  "net.ipv4.tcp_moderate_rcvbuf": 1,
  "net.ipv4.tcp_mtu_probe_floor": 48,
  "net.ipv4.tcp_mtu_probing": 0,
  "net.ipv4.tcp_no_metrics_save": 0,
  "net.ipv4.tcp_no_ssthresh_metrics_save": 1,
  "net.ipv4.tcp_notsent_lowat": 4_294_967_295,
  "net.ipv4.tcp_orphan_retries": 0,
  "net.ipv4.tcp_pacing_ca_ratio": 120,
  "net.ipv4.tcp_pacing_ss_ratio": 200,
  "net.ipv4.tcp_recovery": 1,
  "net.ipv4.tcp_reflect_tos": 0,
  "net.ipv4.tcp_reordering": 3,
  "net.ipv4.tcp_retrans_collapse": 1,
  "net.ipv4.tcp_retries1": 3,
  "net.ipv4.tcp_retries2": 15,
  "net.ipv4.tcp_rfc1337": 0,
  "net.ipv4.tcp_rmem": [4_096, 131_072, 33_554_432],
  "net.ipv4.tcp_rto_max_ms": 120_000,
  "net.ipv4.tcp_rto_min_us": 200_000,
  "net.ipv4.tcp_sack": 1,
  "net.ipv4.tcp_shrink_window": 0,
  "net.ipv4.tcp_slow_start_after_idle": 1,
  "net.ipv4.tcp_stdurg": 0,
  "net.ipv4.tcp_syn_linear_timeouts": 4,
  "net.ipv4.tcp_syn_retries": 6,
  "net.ipv4.tcp_synack_retries": 5,
  "net.ipv4.tcp_syncookies": 1,
  "net.ipv4.tcp_thin_linear_timeouts": 0,
  "net.ipv4.tcp_timestamps": 1,
  "net.ipv4.tcp_tso_win_divisor": 3,
  "net.ipv4.tcp_tw_reuse": 2,
  "net.ipv4.tcp_tw_reuse_delay": 1_000,
  "net.ipv4.tcp_window_scaling": 1,
  "net.ipv4.tcp_wmem": [4_096, 16_384, 4_194_304],
  "net.ipv4.tcp_workaround_signed_windows": 0,
  "net.ipv4.udp_mem": [575_802, 767_738, 1_151_604],
  "net.ipv4.udp_rmem_min": 4_096,
  "net.ipv4.udp_wmem_min": 4_096,
  "net.ipv6.bindv6only": 0,
  "net.ipv6.conf.all.forwarding": 0,
  "net.ipv6.conf.all.hop_limit": 64,
  "net.ipv6.ip6frag_high_thresh": 4_194_304,
  "net.ipv6.ip6frag_time": 60,
  "net.ipv6.ip_nonlocal_bind": 0,
  "net.ipv6.mld_max_msf": 64,
  "net.ipv6.route.mtu_expires": 600,
  "net.unix.max_dgram_qlen": 10,
} satisfies Readonly<Record<string, number | string | readonly number[]>>;

/** The type of each setting: a number, a list of numbers, or text. */
export type SysctlValues = {
  readonly [Name in keyof typeof SYSCTL_DEFAULTS]: (typeof SYSCTL_DEFAULTS)[Name] extends number
    ? number
    : (typeof SYSCTL_DEFAULTS)[Name] extends string
      ? string
      : readonly number[];
};

export type SysctlName = keyof SysctlValues;

/** The settings of one host. */
export class Sysctls {
  readonly #values: { -readonly [Name in SysctlName]: SysctlValues[Name] } = { ...SYSCTL_DEFAULTS };

  get<Name extends SysctlName>(name: Name): SysctlValues[Name] {
    return this.#values[name];
  }

  set<Name extends SysctlName>(name: Name, value: SysctlValues[Name]): void {
    this.#values[name] = value;
  }

  /** @throws RangeError if there is no such setting */
  getText(name: string): string | number | readonly number[] {
    if (!isSysctl(name)) throw new RangeError(`a simulated host has no sysctl ${name}`);
    return this.#values[name];
  }

  /**
   * Sets one from text, as sysctl(8) does: `set("net.ipv4.tcp_rmem", "4096 131072 6291456")`.
   *
   * @throws RangeError if there is no such setting, or the text is not a value of its kind
   */
  setText(name: string, text: string): void {
    if (!isSysctl(name)) throw new RangeError(`a simulated host has no sysctl ${name}`);
    const words = text.trim().split(/\s+/);
    const numbers = words.map(Number);
    const known = SYSCTL_DEFAULTS[name];
    const wanted = typeof known === "string" ? "text" : typeof known === "number" ? 1 : known.length;
    if (wanted !== "text" && (numbers.length !== wanted || numbers.some(Number.isNaN)))
      throw new RangeError(`${name} takes ${wanted === 1 ? "a number" : `${wanted} numbers`}, not "${text}"`);
    Object.assign(this.#values, {
      [name]: wanted === "text" ? text.trim() : wanted === 1 ? numbers[0] : numbers,
    });
  }
}

export const isSysctl = (name: string): name is SysctlName => Object.hasOwn(SYSCTL_DEFAULTS, name);
