import { chmodSync, lstatSync, statSync, unlinkSync } from "node:fs";
import { resolve } from "node:path";
import { builtin } from "../builtin.ts";
import { machineClock } from "../clock/machine-clock.ts";
import { defined } from "../invariant.ts";
import type { Resolver, SocketFiles } from "./services.ts";

const resolver: Resolver = {
  lookup: (name, family, verbatim) =>
    defined(builtin("node:dns"), "only a browser lacks it").promises.lookup(name, {
      all: true,
      family,
      ...(verbatim !== undefined && { verbatim }),
    }),
};

const files: SocketFiles = {
  absolute: (path) => resolve(path),
  find(path) {
    const found = lstatSync(pathOf(path), { bigint: true, throwIfNoEntry: false });
    return found && { dev: found.dev, ino: found.ino, isSocket: found.isSocket() };
  },
  remove: (path) => unlinkSync(pathOf(path)),
  permitAll(path, reading, writing) {
    const others = (reading ? 0o444 : 0) | (writing ? 0o222 : 0);
    chmodSync(path, (statSync(path).mode & 0o7777) | others);
  },
};

const pathOf = (path: string | Uint8Array) => (typeof path === "string" ? path : Buffer.from(path));

/** This machine's clock, resolver and files. */
export const machineServices = { clock: machineClock, resolver, files } as const;
