import childProcess from "node:child_process";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import workers from "node:worker_threads";
import { parseIpv6 } from "../src/address/ip.ts";
import type { Host } from "../src/simulated/index.ts";
import { currentSystem } from "../src/system/current.ts";

// What a row asks the machine for beside its sockets, answered by the simulated host.

/** What the machine is made to say while a row runs. */
export interface SimulatedMachine {
  /** The first program or thread that the row tried to start. */
  readonly refused: Error | undefined;
  restore(): void;
}

// include/uapi/asm-generic/fcntl.h
const O_RDWR = 0o2;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;

/** /proc/net/igmp6 (proc_pid_net(5)): the groups of each interface. */
function groups({ kernel }: Host): string {
  return kernel.interfaces
    .flatMap(({ index, name }) => [...kernel.ip.groupsOf(index)].map((group) => ({ index, name, group })))
    .filter(({ group: [address] }) => address.includes(":"))
    .map(({ index, name, group: [address, sockets] }) => {
      const bytes = Buffer.from(parseIpv6(address) ?? []).toString("hex");
      return `${`${index}`.padEnd(4)} ${name.padEnd(15)} ${bytes} ${`${sockets}`.padStart(5)} 00000004 0\n`;
    })
    .join("");
}

/** A file of /proc/self that describes the process: proc_pid_fdinfo(5), proc_pid_limits(5). */
function procFile(path: string, here: Host): string | undefined {
  const { kernel } = here;
  if (path === "/proc/net/igmp6") return groups(here);
  if (path === "/proc/self/limits") {
    const limit = `${kernel.sysctl("fs.rlimit_nofile")}`;
    return `Max open files            ${limit.padEnd(20)} ${limit.padEnd(20)} files\n`;
  }
  const [, fd] = /^\/proc\/self\/fdinfo\/(\d+)$/.exec(path) ?? [];
  const found = [...kernel.openDescriptors()].find((each) => each.fd === Number(fd));
  if (found === undefined) return undefined;
  const flags = O_RDWR | (found.nonblocking ? O_NONBLOCK : 0) | (found.closeOnExec ? O_CLOEXEC : 0);
  return `pos:\t0\nflags:\t0${flags.toString(8)}\nmnt_id:\t1\nino:\t${found.inode}\n`;
}

/** An attribute of an interface in /sys (Documentation/ABI/testing/sysfs-class-net). */
function sysFile(path: string, { kernel }: Host): string | undefined {
  const [, name, attribute] = /^\/sys\/class\/net\/(\w+)\/(\w+)$/.exec(path) ?? [];
  const found = kernel.interfaces.find((each) => each.name === name);
  if (found === undefined) return undefined;
  const { hardware, loopback, mtu, up } = found;
  const attributes: Readonly<Record<string, string | number>> = {
    address: Array.from(hardware, (byte) => byte.toString(16).padStart(2, "0")).join(":"),
    flags: up ? "0x1" : "0x0",
    mtu,
    tx_queue_len: 1_000,
    type: loopback ? 772 : 1,
  };
  return attribute === undefined ? undefined : `${attributes[attribute]}\n`;
}

/** Lets nothing start a program or a thread, and gives a row the files of its host. */
export function simulateMachine(host: () => Host | undefined, openFile: () => number): SimulatedMachine {
  const state: { refused: Error | undefined; restore(): void } = { refused: undefined, restore };
  const before: (() => void)[] = [];
  function replace(object: object, name: string, value: unknown) {
    const real: unknown = Reflect.get(object, name);
    before.push(() => Reflect.set(object, name, real));
    Reflect.set(object, name, value);
  }
  function refuse(): never {
    state.refused ??= new Error("a program that a row starts does not run on the simulated host");
    throw state.refused;
  }
  for (const name of ["exec", "execFile", "execFileSync", "execSync", "fork", "spawn", "spawnSync"])
    replace(childProcess, name, refuse);
  replace(workers, "Worker", refuse);

  // The paths of unix sockets are the host's; what a row makes beside them is on both.
  const { closeSync, existsSync, lstatSync, mkdirSync, openSync } = fs;
  const { readFileSync, symlinkSync, writeFileSync } = fs;
  const files = () => host()?.kernel.files;
  replace(
    fs,
    "existsSync",
    (path: fs.PathLike) => existsSync(path) || files()?.find(`${path}`) !== undefined,
  );
  replace(fs, "lstatSync", (path: fs.PathLike, options: fs.StatSyncOptions) => {
    const real = lstatSync(path, { ...options, throwIfNoEntry: false });
    const found = real ?? files()?.find(path instanceof URL ? path.pathname : path);
    if (found === undefined) return lstatSync(path, options);
    return real ?? { ...found, isSocket: () => found.isSocket };
  });
  replace(fs, "mkdirSync", (path: string, options: fs.MakeDirectoryOptions) => {
    files()?.makeDirectory(path);
    return mkdirSync(path, options);
  });
  replace(fs, "symlinkSync", (target: string, path: string) => {
    symlinkSync(target, path);
    files()?.makeLink(target, path);
  });
  replace(fs, "writeFileSync", (path: fs.PathOrFileDescriptor, data: string) => {
    writeFileSync(path, data);
    if (typeof path === "string") files()?.makeFile(path);
  });
  replace(fs, "readFileSync", (path: fs.PathOrFileDescriptor, options: fs.EncodingOption) => {
    const here = host();
    const text = here && typeof path === "string" ? (procFile(path, here) ?? sysFile(path, here)) : undefined;
    return text ?? readFileSync(path, options);
  });
  // Rows open it for a descriptor that is no socket.
  const opened = new Set<number>();
  replace(fs, "openSync", (path: fs.PathLike, flags: fs.OpenMode) => {
    if (path !== "/dev/null") return openSync(path, flags);
    const fd = openFile();
    opened.add(fd);
    return fd;
  });
  replace(fs, "closeSync", (fd: number) => {
    if (opened.delete(fd)) currentSystem().close(fd);
    else closeSync(fd);
  });
  syncBuiltinESMExports();
  function restore() {
    for (const undo of before.reverse()) undo();
    syncBuiltinESMExports();
  }
  return state;
}
