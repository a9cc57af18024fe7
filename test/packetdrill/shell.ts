// The shell lines of scripts. Nearly all set sysctls, which a simulated host has too.

export type ShellAction =
  | { readonly kind: "sysctl"; readonly name: string; readonly value: string }
  /** A command that only a real machine can run. */
  | { readonly kind: "command"; readonly text: string };

/**
 * What shell lines do, in order. `readFile` returns the text of a script that they call, by its
 * path relative to theirs, so that `../common/defaults.sh` is read in turn.
 */
export function shellActions(text: string, readFile: (path: string) => string | undefined): ShellAction[] {
  return commands(text).flatMap((command) => actionsOf(command, readFile));
}

/** Splits lines into commands, without comments and redirections of their output to /dev/null. */
function commands(text: string): string[] {
  const joined = text.replaceAll("\\\n", " ").replace(/^\s*#.*$/gm, "");
  return joined
    .split(/\n|;(?=(?:[^"']|"[^"]*"|'[^']*')*$)|&&/)
    .map((line) => line.replace(/(?:\s|^)#.*$/, "").replace(/\s*[12&]?>\s*\/dev\/null|\s*2>&1/g, ""))
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

const arithmetic = (text: string): string =>
  text.replace(/\$\(\(([0-9*+ ()-]+)\)\)/g, (_, sum: string) => String(product(sum)));

/** `15*1024*1024`, the only arithmetic that such scripts use. */
function product(text: string): number {
  return text
    .replace(/[()\s]/g, "")
    .split("*")
    .reduce((value, factor) => value * Number(factor), 1);
}

/** Splits a command into its words, without their quotes. */
const words = (command: string): string[] =>
  [...command.matchAll(/(?:[^\s"']|"[^"]*"|'[^']*')+/g)].map(([word]) => word.replaceAll(/["']/g, ""));

function actionsOf(command: string, readFile: (path: string) => string | undefined): ShellAction[] {
  const [program = "", ...args] = words(arithmetic(command));
  const name = program.replace(/^.*\//, "");
  if (name === "sysctl" || name === "set_sysctls.py") {
    return args.filter((arg) => arg.includes("=")).map(sysctl);
  }
  // It undoes what set_sysctls.py did; every script has a host of its own.
  if (/^sysctl_restore_/.test(name)) return [];
  const file = /\.sh$/.test(program) ? readFile(program) : undefined;
  return file === undefined ? [{ kind: "command", text: command }] : shellActions(file, readFile);
}

/** `net.ipv4.tcp_sack=1`, `net/ipv4/tcp_sack=1` or `/proc/sys/net/ipv4/tcp_sack=1`. */
function sysctl(assignment: string): ShellAction {
  const [, path = "", value = ""] = /^([^=]*)=([\s\S]*)$/.exec(assignment) ?? [];
  const name = path.replace(/^\/proc\/sys\//, "").replaceAll("/", ".");
  return { kind: "sysctl", name, value: value.trim().replace(/\s+/g, " ") };
}
