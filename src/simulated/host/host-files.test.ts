import assert from "node:assert/strict";
import { test } from "node:test";
import { errnos } from "../../system/linux/errno.ts";
import { HostFileSystem } from "./host-files.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** A folder with a socket, a file, and links. */
function files() {
  const all = new HostFileSystem();
  all.makeDirectory("/data/below");
  all.makeFile("/data/file");
  for (const [target, path] of [
    ["below", "/data/near"],
    ["/data/below/socket", "/tmp/far"],
    ["../data/near/", "/tmp/through"],
    ["loop", "/tmp/loop"],
    ["nothing", "/tmp/dangling"],
    ["x".repeat(256), "/tmp/long"],
  ] as const)
    all.makeLink(target, path);
  assert.equal(typeof all.bind(bytes("/data/below/socket"), {}), "object");
  return all;
}

test("a path leads through links, relative and absolute, and ..", () => {
  const all = files();
  const [inode] = [all.look(bytes("/data/below/socket"))].map(
    (file) => typeof file === "object" && file.inode,
  );
  for (const path of ["/tmp/far", "/tmp/through/socket", "/data/near/../below//./socket", "tmp/far"]) {
    const found = all.look(bytes(path));
    assert.ok(typeof found === "object" && found.isSocket && found.inode === inode, path);
  }
});

test("a path that leads nowhere has Linux's errno", () => {
  const all = files();
  for (const [path, errno] of [
    ["/tmp/loop", errnos.ELOOP],
    ["/tmp/loop/below", errnos.ELOOP],
    ["/tmp/dangling", errnos.ENOENT],
    ["/tmp/long", errnos.ENAMETOOLONG],
    ["/data/file/below", errnos.ENOTDIR],
    ["/data/file/", errnos.ENOTDIR],
    ["/none/below", errnos.ENOENT],
  ] as const)
    assert.equal(all.look(bytes(path)), -errno, path);
});

test("bind() makes a file only where nothing is, and follows no link at the end", () => {
  const all = files();
  const bind = (path: string) => all.bind(bytes(path), {});
  for (const path of ["/tmp/dangling", "/tmp/loop", "/data/file", "/data/file/", "/data", "/", "/data/.."])
    assert.equal(bind(path), -errnos.EADDRINUSE, path);
  assert.equal(bind("/data/new/"), -errnos.ENOENT);
  assert.equal(typeof bind("/tmp/through/new"), "object");
  assert.ok(all.find("/data/below/new")?.isSocket);
  all.remove("/data/near/new");
  assert.equal(all.find("/data/below/new"), undefined);
  assert.throws(() => all.remove("/data/below"), { code: "ENOENT" });
});
