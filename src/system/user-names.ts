import { readFileSync } from "node:fs";

/** The names of users in /etc/passwd, or the number for a user without a name. It is read once. */
export function userNames(): (uid: number) => string {
  const lines = passwd()
    .split("\n")
    .map((line) => line.split(":"));
  const names = new Map(lines.toReversed().map(([name = "", , uid = ""]) => [uid, name]));
  return (uid) => names.get(`${uid}`) ?? `${uid}`;
}

function passwd(): string {
  try {
    return readFileSync("/etc/passwd", "utf8");
  } catch {
    return "";
  }
}
