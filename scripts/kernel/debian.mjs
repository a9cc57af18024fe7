// Debian packages for either processor, without changing this machine: apt gets separate lists, a
// separate cache, and an empty package database.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../install-and-build.mjs";

/** The locations of apt's sources, since Debian 12 and before. */
const SOURCES = ["/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list"];

/** The packages of an architecture (`amd64`, `arm64`); lists and downloads are kept in `folder`. */
export class Debian {
  #folder;
  #options;

  constructor(architecture, folder) {
    const sources = SOURCES.find((path) => existsSync(path));
    if (sources === undefined || spawnSync("apt-get", ["--version"]).status !== 0)
      throw new Error("the kernels come from Debian's packages: run this on Debian 12");
    this.#folder = folder;
    for (const path of ["state/lists/partial", "cache/archives/partial", "etc"])
      mkdirSync(join(folder, path), { recursive: true });
    writeFileSync(join(folder, "state/status"), "");
    const options = {
      "APT::Architecture": architecture,
      "APT::Architectures": architecture,
      "APT::Install-Recommends": "false",
      "APT::Sandbox::User": "root",
      "Dir::Cache": join(folder, "cache"),
      "Dir::Etc::preferencesparts": join(folder, "etc"),
      "Dir::Etc::sourcelist": sources,
      "Dir::Etc::sourceparts": join(folder, "etc"),
      "Dir::State": join(folder, "state"),
      "Dir::State::status": join(folder, "state/status"),
    };
    this.#options = Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  }

  /** The newest package whose name matches, such as linux-image-6.1.0-57-amd64. */
  newest(pattern) {
    const names = this.#cache(["pkgnames"])
      .split("\n")
      .filter((name) => pattern.test(name));
    return names.toSorted(byVersion).at(-1);
  }

  /** The version of a package: 6.1.192-2. */
  version(name) {
    const [, version] = /^Version: (.*)$/m.exec(this.#cache(["show", "--no-all-versions", name])) ?? [];
    return version;
  }

  /** Fetches the current package lists. */
  update() {
    run("apt-get", [...this.#options, "-qq", "update"]);
  }

  /**
   * Downloads packages, with those they depend on if `dependencies`, and unpacks them into a
   * folder.
   */
  unpack(names, into, { dependencies }) {
    const downloads = join(this.#folder, "cache/archives");
    for (const file of readdirSync(downloads)) if (file.endsWith(".deb")) rmSync(join(downloads, file));
    if (dependencies) {
      run("apt-get", [...this.#options, "-qq", "--yes", "--download-only", "install", ...names]);
    } else {
      run("apt-get", [...this.#options, "-qq", "download", ...names], downloads);
    }
    mkdirSync(into, { recursive: true });
    // Only unpacked, so none of their scripts runs.
    for (const file of readdirSync(downloads).filter((name) => name.endsWith(".deb")))
      run("dpkg-deb", ["--extract", join(downloads, file), into]);
    for (const file of readdirSync(downloads)) if (file.endsWith(".deb")) rmSync(join(downloads, file));
  }

  #cache(args) {
    const { stdout, status, stderr } = spawnSync("apt-cache", [...this.#options, ...args], {
      encoding: "utf8",
      maxBuffer: 2 ** 28,
    });
    if (status !== 0) throw new Error(`apt-cache: ${stderr}`);
    return stdout;
  }
}

/** Orders names by the numbers in them: -9- before -10-. */
function byVersion(left, right) {
  return left.localeCompare(right, "en", { numeric: true });
}
