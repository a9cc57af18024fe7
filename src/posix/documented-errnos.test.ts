import assert from "node:assert/strict";
import { test } from "node:test";
import { scripted } from "../../test/scripted/scripted.ts";
import { ErrorSet } from "../errors/error-set.ts";
import type { ErrorName } from "../errors/names.ts";
import { darwinNumbers } from "../system/darwin/numbers.ts";
import { freebsdNumbers } from "../system/freebsd/numbers.ts";
import type { SystemNumbers } from "../system/system.ts";
import { tryListen } from "./listen.ts";
import { socket } from "./socket.ts";

// The ERRORS section of each call's manual page, of macOS (xnu-11417, bsd/man/man2) and FreeBSD
// (12.1, lib/libc/sys), without EFAULT (the buffers are ours), EINTR (the calls are retried) and
// EWOULDBLOCK (the same as EAGAIN).

const sendDarwin =
  "EACCES EADDRNOTAVAIL EAGAIN EBADF ECONNRESET EDESTADDRREQ EHOSTUNREACH EINVAL EISCONN EMSGSIZE " +
  "ENETDOWN ENETUNREACH ENOBUFS ENOMEM ENOTCONN ENOTSOCK EOPNOTSUPP EPIPE";
const sendFreebsd =
  "EACCES EADDRNOTAVAIL EAGAIN EBADF ECONNREFUSED EHOSTDOWN EHOSTUNREACH EISCONN EMSGSIZE " +
  "ENETDOWN ENOBUFS ENOTSOCK EPIPE";
const recvDarwin = "EAGAIN EBADF ECONNRESET EINVAL ENOBUFS ENOMEM ENOTCONN ENOTSOCK EOPNOTSUPP ETIMEDOUT";
const recvFreebsd = "EAGAIN EBADF ECONNRESET ENOTCONN ENOTSOCK";
const optionDarwin = "EBADF EINVAL ENOBUFS ENOMEM ENOPROTOOPT ENOTSOCK";
const optionFreebsd = "EBADF EINVAL ENOBUFS ENOMEM ENOPROTOOPT ENOTSOCK";

const documented: Readonly<Record<string, { readonly darwin: string; readonly freebsd: string }>> = {
  accept: {
    darwin: "EAGAIN EBADF ECONNABORTED EINVAL EMFILE ENFILE ENOMEM ENOTSOCK EOPNOTSUPP",
    freebsd: "EAGAIN EBADF ECONNABORTED EINVAL EMFILE ENFILE ENOTSOCK",
  },
  bind: {
    darwin:
      "EACCES EADDRINUSE EADDRNOTAVAIL EAFNOSUPPORT EBADF EDESTADDRREQ EEXIST EINVAL EIO EISDIR " +
      "ELOOP ENAMETOOLONG ENOENT ENOTDIR ENOTSOCK EOPNOTSUPP EROFS",
    freebsd:
      "EACCES EADDRINUSE EADDRNOTAVAIL EAFNOSUPPORT EAGAIN EBADF EINVAL EIO EISDIR ELOOP " +
      "ENAMETOOLONG ENOENT ENOTDIR ENOTSOCK EROFS",
  },
  close: { darwin: "EBADF EIO", freebsd: "EBADF ECONNRESET ENOSPC" },
  connect: {
    darwin:
      "EACCES EADDRINUSE EADDRNOTAVAIL EAFNOSUPPORT EALREADY EBADF ECONNREFUSED ECONNRESET " +
      "EHOSTUNREACH EINPROGRESS EINVAL EIO EISCONN ELOOP ENAMETOOLONG ENETDOWN ENETUNREACH ENOBUFS " +
      "ENOENT ENOTDIR ENOTSOCK EOPNOTSUPP EPROTOTYPE ETIMEDOUT",
    freebsd:
      "EACCES EADDRINUSE EADDRNOTAVAIL EAFNOSUPPORT EAGAIN EALREADY EBADF ECONNREFUSED ECONNRESET " +
      "EHOSTUNREACH EINPROGRESS EINVAL EISCONN ELOOP ENAMETOOLONG ENETUNREACH ENOENT " +
      "ENOTDIR ENOTSOCK EPERM ETIMEDOUT",
  },
  getpeername: {
    darwin: "EBADF EINVAL ENOBUFS ENOTCONN ENOTSOCK EOPNOTSUPP",
    freebsd: "EBADF ECONNRESET EINVAL ENOBUFS ENOTCONN ENOTSOCK",
  },
  getsockname: {
    darwin: "EBADF EINVAL ENOBUFS ENOTSOCK EOPNOTSUPP",
    freebsd: "EBADF ECONNRESET EINVAL ENOBUFS ENOTSOCK",
  },
  getsockopt: { darwin: optionDarwin, freebsd: optionFreebsd },
  listen: {
    darwin: "EACCES EBADF EDESTADDRREQ EINVAL ENOTSOCK EOPNOTSUPP",
    freebsd: "EBADF EDESTADDRREQ EINVAL ENOTSOCK EOPNOTSUPP",
  },
  poll: { darwin: "EAGAIN EINVAL", freebsd: "EINVAL" },
  recv: { darwin: recvDarwin, freebsd: recvFreebsd },
  recvfrom: { darwin: recvDarwin, freebsd: recvFreebsd },
  recvmmsg: { darwin: `${recvDarwin} EMSGSIZE`, freebsd: `${recvFreebsd} EMSGSIZE` },
  recvmsg: { darwin: `${recvDarwin} EMSGSIZE`, freebsd: `${recvFreebsd} EMSGSIZE` },
  send: { darwin: sendDarwin, freebsd: sendFreebsd },
  sendmmsg: { darwin: `${sendDarwin} EAFNOSUPPORT ENOENT ENOTDIR`, freebsd: sendFreebsd },
  sendmsg: { darwin: `${sendDarwin} EAFNOSUPPORT ENOENT ENOTDIR`, freebsd: sendFreebsd },
  sendto: { darwin: `${sendDarwin} EAFNOSUPPORT ENOENT ENOTDIR`, freebsd: sendFreebsd },
  setsockopt: { darwin: `${optionDarwin} EDOM EISCONN`, freebsd: optionFreebsd },
  shutdown: { darwin: "EBADF EINVAL ENOTCONN ENOTSOCK", freebsd: "EBADF EINVAL ENOTCONN ENOTSOCK" },
  sockatmark: { darwin: "EBADF ENOTTY", freebsd: "EBADF ENOTTY" },
  socket: {
    darwin: "EACCES EAFNOSUPPORT EMFILE ENFILE ENOBUFS ENOMEM EPROTONOSUPPORT EPROTOTYPE",
    freebsd: "EACCES EAFNOSUPPORT EMFILE ENFILE ENOBUFS EPERM EPROTONOSUPPORT EPROTOTYPE",
  },
  socketpair: {
    darwin: "EACCES EAFNOSUPPORT EMFILE ENFILE ENOBUFS ENOMEM EOPNOTSUPP EPROTONOSUPPORT EPROTOTYPE",
    freebsd: "EAFNOSUPPORT EMFILE EOPNOTSUPP EPROTONOSUPPORT",
  },
};

for (const [call, manuals] of Object.entries(documented)) {
  for (const numbers of [darwinNumbers, freebsdNumbers]) {
    const codes = manuals[numbers.name === "darwin" ? "darwin" : "freebsd"].split(" ");
    test(`${call}: each errno that ${numbers.name} documents has a name, and keeps its code and number`, async () => {
      const errors = await errorsOf(call);
      const system = scripted({}, numbers);
      for (const code of codes) {
        const number = errnoOf(code, numbers);
        const { error } = errors.failure(system, -number);
        assert.notEqual(error.name, "Unexpected", code);
        assert.deepEqual([error.code, error.errno], [code, -number]);
      }
    });
  }
}

test("an errno that a system lacks is not mistaken for another's", () => {
  for (const numbers of [darwinNumbers, freebsdNumbers]) {
    const system = scripted({ listen: [-errnoOf("EADDRINUSE", numbers)] }, numbers);
    using server = socket(system.constants.AF.INET, system.constants.SOCK.STREAM, 0, { system });
    const result = tryListen(server, 1);
    assert.ok(!result.ok);
    assert.deepEqual(
      [result.error.name, result.error.code, result.error.errno],
      ["AddressInUse", "EADDRINUSE", -48],
    );
  }
});

async function errorsOf(call: string): Promise<ErrorSet<ErrorName>> {
  const exported = Object.values<unknown>(await import(`./${call}.js`));
  const errors = exported.find((value) => value instanceof ErrorSet);
  assert.ok(errors !== undefined, call);
  return errors;
}

function errnoOf(code: string, { errnos, name }: SystemNumbers): number {
  const number = errnos[code];
  assert.ok(number !== undefined, `${name} has no ${code}`);
  return number;
}
