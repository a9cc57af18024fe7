// Makes every socket call and prints the code, permission and resource of the error, or "allowed".
// Descriptor 3 is an inherited socket. With `--drop`, it serves, drops --allow-net, and shows that
// open sockets keep working.
import assert from "node:assert/strict";
import { waitForListener } from "../diagnose/index.ts";
import * as berkeley from "../index.ts";
import * as posix from "./index.ts";

const { AF, SO, SOCK } = posix;
const INHERITED = 3;
const ipv4 = { family: "ipv4", address: "127.0.0.1", port: 9 } as const;
const bytes = new Uint8Array(1);
const message = { data: [bytes] };

/**
 * The error of a call that --allow-net forbids; undefined if there was another error or none, so it
 * was allowed.
 */
async function failureName(call: () => unknown): Promise<object | undefined> {
  try {
    await call();
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error) || error.code !== "ERR_ACCESS_DENIED")
      return undefined;
    assert.equal(
      error.message,
      "Access to this API has been restricted. Use --allow-net to manage permissions.",
    );
    return { ...error };
  }
  return undefined;
}

const calls: Readonly<Record<string, () => unknown>> = {
  // The inherited descriptor is shut down last, so that no call blocks.
  socket: () => posix.close(posix.socket(AF.INET, SOCK.STREAM)),
  socketpair: () => posix.socketpair(AF.UNIX, SOCK.STREAM).forEach(posix.close),
  "Socket.from": () => posix.Socket.from(INHERITED).detach(),
  bind: () => posix.bind(INHERITED, ipv4),
  tryBind: () => posix.tryBind(INHERITED, ipv4),
  connect: () => posix.connect(INHERITED, { family: "unix", path: "/nowhere" }),
  tryConnect: () => posix.tryConnect(INHERITED, ipv4),
  accept: () => posix.accept(INHERITED),
  getsockname: () => posix.getsockname(INHERITED),
  getpeername: () => posix.getpeername(INHERITED),
  getsockopt: () => posix.getsockopt(INHERITED, SO.TYPE),
  setsockopt: () => posix.setsockopt(INHERITED, SO.KEEPALIVE, true),
  send: () => posix.send(INHERITED, bytes, posix.MSG.DONTWAIT),
  sendto: () => posix.sendto(INHERITED, bytes, 0, ipv4),
  sendmsg: () => posix.sendmsg(INHERITED, message, posix.MSG.DONTWAIT),
  sendmmsg: () => posix.sendmmsg(INHERITED, [message], posix.MSG.DONTWAIT),
  recv: () => posix.recv(INHERITED, bytes, posix.MSG.DONTWAIT),
  recvfrom: () => posix.recvfrom(INHERITED, bytes, posix.MSG.DONTWAIT),
  recvmsg: () => posix.recvmsg(INHERITED, message, posix.MSG.DONTWAIT),
  recvmmsg: () => posix.recvmmsg(INHERITED, [message], posix.MSG.DONTWAIT),
  poll: () => posix.poll([{ socket: INHERITED, events: posix.POLL.OUT }], 0),
  ioctl: () => posix.ioctl(INHERITED, posix.FIO.NREAD),
  getaddrinfo: () => posix.getaddrinfo("127.0.0.1", 80),
  getnameinfo: () => posix.getnameinfo(ipv4, 0),
  sockatmark: () => posix.sockatmark(INHERITED),
  acceptQueue: () => posix.acceptQueue(INHERITED),
  effectiveBacklog: () => posix.effectiveBacklog(INHERITED),
  attachFilter: () => posix.attachFilter(INHERITED, [posix.BPF.return(0xffff)]),
  detachFilter: () => posix.detachFilter(INHERITED),
  attachReuseportFilter: () => posix.attachReuseportFilter(INHERITED, [posix.BPF.return(0)]),
  sctp_bindx: () => posix.sctp_bindx(INHERITED, [ipv4], 1),
  sctp_connectx: () => posix.sctp_connectx(INHERITED, [ipv4]),
  sctp_peeloff: () => posix.sctp_peeloff(INHERITED, 1),
  dup: () => posix.close(posix.dup(INHERITED)),
  getNonblocking: () => posix.getNonblocking(INHERITED),
  getCloseOnExec: () => posix.getCloseOnExec(INHERITED),
  setNonblocking: () => posix.setNonblocking(INHERITED, false),
  setCloseOnExec: () => posix.setCloseOnExec(INHERITED, false),
  listen: () => posix.listen(INHERITED, 1),
  shutdown: () => posix.shutdown(INHERITED, posix.SHUT.RDWR),
  if_indextoname: () => posix.if_indextoname(1),
  if_nameindex: () => posix.if_nameindex(),
  if_nametoindex: () => posix.if_nametoindex("lo"),
  "async listen": async () => (await berkeley.listen({ host: "127.0.0.1" })).close(),
  "async listen on a descriptor": () => berkeley.listen({ socket: INHERITED }),
  "async connect": async () => (await berkeley.connect({ host: "localhost", port: 9 })).close(),
  "async connect to an address": async () => (await berkeley.connect({ address: ipv4 })).close(),
  "async connect to a path": () => berkeley.connect({ path: "/nowhere" }),
  udp: async () => (await berkeley.udp({ host: "127.0.0.1" })).close(),
  reservePort: async () => (await berkeley.reservePort({ host: "127.0.0.1" }))[Symbol.dispose](),
  // waitForListener() connects to another machine; 192.0.2.0/24 is for documentation.
  waitForListener: () => waitForListener({ host: "192.0.2.1", port: 9 }, { signal: AbortSignal.timeout(1) }),
};

async function refusals(): Promise<Record<string, object | "allowed">> {
  const results: Record<string, object | "allowed"> = {};
  for (const [name, call] of Object.entries(calls)) results[name] = (await failureName(call)) ?? "allowed";
  return results;
}

if (process.argv[2] === "--drop") {
  const server = await berkeley.listen(
    { host: "127.0.0.1" },
    { data: (connection, data) => void connection.write(data) },
  );
  const client = await berkeley.connect({ address: server.address });
  const socket = posix.socket(AF.INET, SOCK.STREAM);
  const datagrams = await berkeley.udp({ host: "127.0.0.1" });
  const drop: unknown = Reflect.get(process.permission, "drop");
  assert.ok(typeof drop === "function");
  drop("net");
  await client.write("still here");
  assert.equal(Buffer.from((await client.read()) ?? []).toString(), "still here");
  assert.ok(posix.getsockopt(client.socket, SO.TYPE) === SOCK.STREAM);
  assert.notEqual(await failureName(() => posix.bind(socket, ipv4)), undefined);
  assert.notEqual(await failureName(() => datagrams.send("x", ipv4)), undefined);
  posix.close(socket);
  await Promise.all([client.close(), server.close(), datagrams.close()]);
}
process.stdout.write(JSON.stringify(await refusals()));
