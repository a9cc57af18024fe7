import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const filtered = [process.execPath, fileURLToPath(new URL("./without-netlink.child.js", import.meta.url))];

/** A /proc of processes alone, without /proc/net, in a mount namespace of its own. */
const withoutProcNet = [
  "unshare",
  "--mount",
  "--propagation=private",
  "sh",
  "-c",
  'mount -t proc -o subset=pid proc /proc && exec "$@"',
  "sh",
];

/**
 * What to run a program under so that it gets no netlink socket, and, where `procNet` is false, has
 * no /proc/net either. Skips, with the reason, where that cannot be had.
 */
export function sandbox(
  context: { skip(reason: string): unknown },
  procNet = true,
): readonly string[] | undefined {
  const under = procNet ? filtered : [...withoutProcNet, ...filtered];
  const [command = "", ...words] = under;
  const script = "try { os.networkInterfaces(); process.exit(3) } catch {}";
  const probe = spawnSync(command, [...words, process.execPath, "-e", script], { encoding: "utf8" });
  if (probe.status === 0) return under;
  context.skip(`a sandbox without netlink cannot be had: ${probe.error?.message ?? probe.stderr.trim()}`);
  return undefined;
}
