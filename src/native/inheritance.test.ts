import assert from "node:assert/strict";
import { fstatSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { except } from "../../test/platform.ts";
import { root } from "../../test/root.ts";
import { AF, close, SOCK, socketpair } from "../posix/index.ts";

const linux = except({ darwin: "it is Linux's", freebsd: "it is Linux's", windows: "it is Linux's" });

test("inheritance: another process's descriptor is duplicated, and closed, on every runtime", linux, () => {
  const path = join(root, "dist/native/inheritance.cjs");
  const inheritance: import("./inheritance.cts").Inheritance = createRequire(import.meta.url)(path);
  const [left, right] = socketpair(AF.UNIX, SOCK.STREAM);
  const copy = inheritance.duplicateFrom(process.pid, left.fd);
  assert.ok(copy !== undefined && copy > right.fd);
  inheritance.close(copy);
  assert.throws(() => fstatSync(copy), { code: "EBADF" });
  for (const each of [left, right]) close(each);
});
