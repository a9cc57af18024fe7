import type { Advice } from "./explanation.ts";

/** Adapts advice to this user: root needs no sudo, and would not learn more by running again. */
export function adviceForUser(advice: readonly Advice[], isRoot = process.geteuid?.() === 0): Advice[] {
  if (!isRoot) return [...advice];
  return advice.flatMap(({ message, command }) => {
    if (command === undefined) return [{ message }];
    if (command.startsWith("sudo berkeley ")) return [];
    return [{ message, command: command.replace(/^sudo /, "") }];
  });
}
