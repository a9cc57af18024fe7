import type { Script, ScriptOption } from "./script.ts";
import type { Settings } from "./target.ts";
import { ScriptError } from "./tokens.ts";

const AF_INET = 2;
const AF_INET6 = 10;

/** The options of a script, with packetdrill's defaults. */
export function settingsOf({ options }: Script): Settings {
  const last = new Map(options.map((option) => [option.name, option]));
  for (const { name, line } of options) {
    if (!KNOWN.has(name)) throw new ScriptError(line, `the option --${name} is not supported`);
  }
  const text = (name: string, fallback: string) => last.get(name)?.value ?? fallback;
  const number = (name: string, fallback: number) => numberOf(last.get(name), fallback);
  const version = text("ip_version", "ipv4");
  const v6 = version === "ipv6";
  const [remoteAddress = "", remotePrefix = v6 ? "32" : "24"] = text(
    "remote_ip",
    v6 ? "2001:db8::1/32" : "192.0.2.1/24",
  ).split("/");
  return {
    version: v6 ? 6 : 4,
    family: version === "ipv4" ? AF_INET : AF_INET6,
    localAddress: text("local_ip", v6 ? "fd3d:fa7b:d17d::77" : "192.168.77.10").toLowerCase(),
    remoteAddress: remoteAddress.toLowerCase(),
    gateway: text("gateway_ip", v6 ? "fd3d:fa7b:d17d:8888::" : "192.168.0.1").toLowerCase(),
    localPrefix: v6 ? 48 : prefixOf(text("netmask_ip", "255.255.0.0")),
    remotePrefix: Number(remotePrefix),
    bindPort: number("bind_port", 8080),
    connectPort: number("connect_port", 8080),
    mtu: number("mtu", 1500),
    tolerance: number("tolerance_usecs", 4000),
    tolerancePercent: number("tolerance_percent", 12.5),
    timestampTick: number("tcp_ts_tick_usecs", 0),
    scaledEcho: last.has("tcp_ts_ecr_scaled"),
    strictSegments: last.has("strict_segments"),
  };
}

const KNOWN = new Set([
  "ip_version",
  "local_ip",
  "remote_ip",
  "gateway_ip",
  "netmask_ip",
  "bind_port",
  "connect_port",
  "mtu",
  "tolerance_usecs",
  "tolerance_percent",
  "tcp_ts_tick_usecs",
  "tcp_ts_ecr_scaled",
  "strict_segments",
  "define",
  // How packets are shown, or cut when another machine takes part: nothing to do here.
  "mss",
  "verbose",
  "debug",
]);

function numberOf(option: ScriptOption | undefined, fallback: number): number {
  if (option?.value === undefined) return fallback;
  const value = Number(option.value);
  if (Number.isNaN(value)) throw new ScriptError(option.line, `--${option.name} takes a number`);
  return value;
}

/** 255.255.0.0 is 16. */
function prefixOf(netmask: string): number {
  const bits = netmask.split(".").map((byte) => Number(byte).toString(2));
  return bits.join("").replaceAll("0", "").length;
}
