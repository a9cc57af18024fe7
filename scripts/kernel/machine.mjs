// A virtual machine of QEMU: a Debian kernel, an initramfs, and folders of this host that it
// mounts.
import { spawnSync } from "node:child_process";
import { watchConsole } from "./console.mjs";

/**
 * How each processor is emulated. KVM has no other than the host's own, which it calls "max" too.
 */
const processors = {
  x64: {
    program: "qemu-system-x86_64",
    args: ["-machine", "q35"],
    cpu: "max",
    console: "ttyS0",
    package: "x86",
  },
  arm64: {
    program: "qemu-system-aarch64",
    args: ["-machine", "virt"],
    // As Graviton 2 and Ampere's Altra. QEMU 7.2's "max" runs code that V8 has replaced since
    // (docs/kernels.md), and computes pointer authentication for half of the time.
    cpu: "neoverse-n1",
    console: "ttyAMA0",
    package: "arm",
  },
};

/** The emulator works on any host; it is ten to thirty times slower. */
export const EMULATOR = "tcg,thread=multi";

/**
 * Boots a kernel; resolves with its console's lines once the machine is off.
 *
 * @param machine.architecture `x64` or `arm64`, as Node names them
 * @param machine.kernel the file of the kernel
 * @param machine.initramfs the file of its initramfs
 * @param machine.shares folders by the names that the initramfs mounts; `results` is writable
 * @param machine.accelerator QEMU's, such as `kvm`
 * @param machine.seconds after how long it is ended
 * @param machine.signal ends it early
 * @param machine.onLine gets each line of the console
 */
export function boot({ architecture, kernel, initramfs, shares, accelerator, seconds, signal, onLine }) {
  const { program, args, cpu: emulated, console: terminal } = processors[architecture];
  const cpu = accelerator === EMULATOR ? emulated : "max";
  const folders = Object.entries(shares).flatMap(([name, path]) => [
    "-virtfs",
    `local,path=${path},mount_tag=${name},security_model=none,multidevs=remap` +
      (name === "results" ? "" : ",readonly=on"),
  ]);
  const command = [
    ...["-n", "10", program, ...args, "-accel", accelerator, "-cpu", cpu, "-smp", "2", "-m", "3072"],
    ...["-nodefaults", "-no-reboot", "-display", "none", "-serial", "stdio", ...folders],
    ...["-device", "virtio-rng-pci", "-kernel", kernel, "-initrd", initramfs],
    ...["-append", `console=${terminal} quiet panic=-1 mitigations=off net.ifnames=0`],
  ];
  return watchConsole("nice", command, { seconds, signal, onLine });
}

/** Why this host cannot run such a machine, with what to install. */
export function lacks(architecture) {
  const { program, package: part } = processors[architecture];
  const needed = { [program]: `qemu-system-${part}`, cpio: "cpio", depmod: "kmod", xz: "xz-utils" };
  const missing = Object.entries(needed).filter(
    ([name]) => spawnSync(name, ["--version"], { env: { ...process.env, PATH } }).error !== undefined,
  );
  if (missing.length === 0) return undefined;
  return `missing here; install: ${missing.map(([, name]) => name).join(" ")}`;
}

/** depmod lies in sbin, which a user's PATH may lack. */
export const PATH = `${process.env.PATH}:/usr/sbin:/sbin`;
