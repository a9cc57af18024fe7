import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "./install-and-build.mjs";

/** The files in these folders that git tracks or would add, as paths from the root. */
export function filesOf(folders = ["."]) {
  const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ...folders];
  const { status, error, stdout, stderr } = spawnSync("git", args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw error ?? new Error(stderr);
  return stdout.split("\0").filter((file) => file !== "" && existsSync(join(root, file)));
}
