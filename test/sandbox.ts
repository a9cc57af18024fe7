import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const filtered = [process.execPath, fileURLToPath(new URL("./without-netlink.child.js", import.meta.url))];

/** A /proc with processes only, without /proc/net, in its own mount namespace. */
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
 * A command under which a program gets no netlink socket and, if `procNet` is false, no /proc/net
 * either. Skips, with the reason, if that is impossible.
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
  context.skip(`cannot create a sandbox without netlink: ${probe.error?.message ?? probe.stderr.trim()}`);
  return undefined;
}
