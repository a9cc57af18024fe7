import { linuxNumbers } from "../../src/system/linux/numbers.ts";
import { tcpState } from "../../src/system/linux/tcp-state.ts";
import { machineServices } from "../../src/system/machine-services.ts";
import { receivingEnded } from "../../src/system/receiving-ended.ts";
import type { Calls, MessageMemory, System, SystemNumbers } from "../../src/system/system.ts";
import { LENGTH_SIZE, OPTION_CAPACITY, ValueResult } from "../../src/system/value-result.ts";

/**
 * The answer of a scripted call: a number (a negative errno to fail), or a function that decides.
 */
export type Answer<Name extends keyof Calls> = ReturnType<Calls[Name]> | Calls[Name];

/** The answers for each call, in order; the last one is repeated. */
export type Script = { readonly [Name in keyof Calls]?: readonly Answer<Name>[] };

export interface ScriptedSystem extends System {
  /** The calls made so far, as `listen(1000, 5)`. */
  readonly calls: readonly string[];
}

/**
 * A System that answers from a script, so that every error of every call can be tested. It has
 * Linux's numbers by default; calls that the script omits succeed: `socket` and `accept` return
 * 1000, 1001, …, everything else 0.
 */
export function scripted(script: Script, numbers: SystemNumbers = linuxNumbers): ScriptedSystem {
  const calls: string[] = [];
  const buffers: MessageMemory[] = [];
  let nextFd = 1000;

  function answer<Name extends keyof Calls>(name: Name, otherwise: Calls[Name]): Calls[Name] {
    const answers = [...(script[name] ?? [])];
    const play = (...args: Parameters<Calls[Name]>) => {
      calls.push(`${name}(${args.filter((arg) => typeof arg === "number").join(", ")})`);
      const next: unknown = answers.length > 1 ? answers.shift() : answers[0];
      if (next === undefined) return call(otherwise, args);
      return typeof next === "function" ? call(next, args) : next;
    };
    // The compiler sees one function over the union of all calls, which it cannot follow.
    return play as unknown as Calls[Name];
  }

  const system: ScriptedSystem = {
    ...numbers,
    ...machineServices,
    name: "scripted",
    address: new ValueResult(new ArrayBuffer(LENGTH_SIZE + 128)),
    option: new ValueResult(new ArrayBuffer(LENGTH_SIZE + OPTION_CAPACITY)),
    messageMemory: (index) => {
      buffers[index] ??= {
        address: new ValueResult(new ArrayBuffer(LENGTH_SIZE + 128)),
        control: new ValueResult(new ArrayBuffer(LENGTH_SIZE + 4096)),
      };
      return buffers[index];
    },
    calls,
    accept: answer("accept", () => nextFd++),
    acceptQueue: answer("acceptQueue", () => undefined),
    attachFilter: answer("attachFilter", () => 0),
    attachReuseportFilter: answer("attachReuseportFilter", () => 0),
    bind: answer("bind", () => 0),
    close: answer("close", () => 0),
    closeAtThreadEnd: () => {},
    connect: answer("connect", () => 0),
    detachFilter: answer("detachFilter", () => 0),
    dup: answer("dup", () => nextFd++),
    getaddrinfo: answer("getaddrinfo", () => 0),
    getCloseOnExec: answer("getCloseOnExec", () => 1),
    getnameinfo: answer("getnameinfo", (_address, _flags, into) => {
      into.push({ host: "host", service: "0" });
      return 0;
    }),
    getNonblocking: answer("getNonblocking", () => 0),
    getpeername: answer("getpeername", () => 0),
    getprotobyname: answer("getprotobyname", () => -2),
    getservbyname: answer("getservbyname", () => -2),
    getsockname: answer("getsockname", () => 0),
    getsockopt: answer("getsockopt", () => 0),
    identity: answer("identity", (fd) => ({ device: 0, inode: fd })),
    if_indextoname: answer("if_indextoname", () => 0),
    if_nameindex: answer("if_nameindex", () => 0),
    if_nametoindex: answer("if_nametoindex", () => -19),
    ioctl: answer("ioctl", () => 0),
    keepAtThreadEnd: () => {},
    listen: answer("listen", () => 0),
    poll: answer("poll", () => 0),
    receivingEnded: answer("receivingEnded", (fd) => receivingEnded(system, fd)),
    recv: answer("recv", () => 0),
    recvfrom: answer("recvfrom", () => 0),
    recvmmsg: answer("recvmmsg", () => 0),
    recvmsg: answer("recvmsg", () => 0),
    sctp_bindx: answer("sctp_bindx", () => 0),
    sctp_connectx: answer("sctp_connectx", () => 1),
    sctp_peeloff: answer("sctp_peeloff", () => nextFd++),
    send: answer("send", (_fd, buffer) => buffer.byteLength),
    sendmmsg: answer("sendmmsg", (_fd, messages) => messages.length),
    sendmsg: answer("sendmsg", (_fd, { data }) => data.reduce((sum, { byteLength }) => sum + byteLength, 0)),
    sendto: answer("sendto", (_fd, buffer) => buffer.byteLength),
    setCloseOnExec: answer("setCloseOnExec", () => 0),
    setNonblocking: answer("setNonblocking", () => 0),
    setsockopt: answer("setsockopt", () => 0),
    shutdown: answer("shutdown", () => 0),
    sockatmark: answer("sockatmark", () => 0),
    socket: answer("socket", () => nextFd++),
    socketpair: answer("socketpair", (_domain, _type, _protocol, fds) => {
      fds[0] = nextFd++;
      fds[1] = nextFd++;
      return 0;
    }),
    tcpState: answer("tcpState", (fd) => tcpState(system, fd)),
  };
  return system;
}

function call(fn: unknown, args: readonly unknown[]): unknown {
  if (typeof fn !== "function") throw new TypeError("not a function");
  return Reflect.apply(fn, undefined, args);
}
