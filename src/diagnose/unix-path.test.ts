import assert from "node:assert/strict";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asNobody } from "../../test/as-nobody.ts";
import { conformance } from "../../test/conformance.ts";
import type { Fixture } from "../../test/fixture.ts";
import { bind } from "../posix/bind.ts";
import { close } from "../posix/close.ts";
import { tryConnect } from "../posix/connect.ts";
import { AF, SOCK } from "../posix/constants.ts";
import { listen } from "../posix/listen.ts";
import type { Socket } from "../posix/owned-socket.ts";
import { isPathListenedOn, probePath, statOf } from "./unix-path.ts";

function boundTo(fixture: Fixture, path: string, type: number): Socket {
  const made = fixture.socket(AF.UNIX, type);
  bind(made, { family: "unix", path });
  return made;
}

conformance(
  "paths of unix sockets",
  [
    {
      clause: "a probe finds a listener, though its queue is full",
      source: "unix_stream_connect in net/unix/af_unix.c: EAGAIN",
      run(fixture) {
        const path = join(fixture.folder(), "socket");
        listen(boundTo(fixture, path, SOCK.STREAM), 0);
        assert.equal(probePath(Buffer.from(path)), "listening");
        const knock = () =>
          tryConnect(fixture.socket(AF.UNIX, SOCK.STREAM, 0, { nonblocking: true }), {
            family: "unix",
            path,
          });
        let answer = knock();
        while (answer.ok) answer = knock();
        assert.equal(answer.error.name, "WouldBlock");
        assert.equal(probePath(Buffer.from(path)), "listening");
        assert.equal(isPathListenedOn(Buffer.from(path)), true);
      },
    },
    {
      clause: "a probe finds a missing listener, another type of socket, and a file that is not a socket",
      source: "unix_find_bsd in net/unix/af_unix.c",
      run(fixture) {
        const folder = fixture.folder();
        const path = (name: string) => Buffer.from(join(folder, name));
        boundTo(fixture, join(folder, "bound"), SOCK.STREAM);
        close(boundTo(fixture, join(folder, "stale"), SOCK.STREAM));
        boundTo(fixture, join(folder, "datagrams"), SOCK.DGRAM);
        writeFileSync(join(folder, "file"), "");
        assert.equal(probePath(path("bound")), "refused");
        assert.equal(probePath(path("stale")), "refused");
        assert.equal(probePath(path("datagrams")), "another type");
        assert.equal(probePath(path("file")), "refused");
        const missing = probePath(path("missing"));
        assert.ok(missing instanceof Error && missing.name === "FileNotFound");
        for (const name of ["bound", "stale", "datagrams", "file", "missing"])
          assert.equal(isPathListenedOn(path(name)), false, name);
      },
    },
    {
      clause: "the state of a path: a file, nothing, or a directory that is not searchable",
      source: "lstat(2)",
      run(fixture) {
        const folder = fixture.folder();
        chmodSync(folder, 0o755);
        const inner = join(folder, "inner");
        mkdirSync(inner);
        writeFileSync(join(folder, "file"), "");
        const kind = (path: string) => {
          const found = statOf(Buffer.from(path));
          return typeof found === "object" ? found.isFile() : found;
        };
        assert.equal(kind(join(folder, "file")), true);
        assert.equal(kind(inner), false);
        assert.equal(kind(join(folder, "missing")), undefined);
        assert.equal(kind(join(folder, "file/below")), undefined);
        chmodSync(inner, 0);
        asNobody([], () => assert.equal(kind(join(inner, "file")), "denied"));
        chmodSync(inner, 0o700);
      },
    },
    {
      clause: "an abstract name is listened on only by a socket that listens",
      source: "unix(7)",
      run(fixture) {
        const address = fixture.abstractAddress();
        assert.equal(address.family, "unix");
        const name = Buffer.from(address.path);
        assert.equal(isPathListenedOn(name), false);
        const made = fixture.socket(AF.UNIX, SOCK.STREAM);
        bind(made, address);
        assert.equal(isPathListenedOn(name), false);
        listen(made, 1);
        assert.equal(isPathListenedOn(name), true);
      },
    },
  ],
  { windows: "Windows does not tell who has a unix socket, and Wine 8 has none" },
);
