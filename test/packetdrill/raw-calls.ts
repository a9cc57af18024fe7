import { defined } from "../../src/invariant.ts";
import type { MessageHeader, PollEntry, System, ValueResult } from "../../src/system/system.ts";
import type { HostCalls, RawCall, RawResult } from "./host-calls.ts";

/** Makes a call and returns what it did. */
export function rawCall(calls: HostCalls, call: RawCall): RawResult {
  const { system } = calls;
  switch (call.name) {
    case "socket":
      return { returned: system.socket(call.domain, call.type, call.protocol, 0) };
    case "bind":
    case "connect":
      return { returned: system[call.name](call.fd, filled(system.address, call.address)) };
    case "accept": {
      const returned = system.accept(call.fd, system.address, call.flags);
      return returned < 0 ? { returned } : { returned, address: system.address.valid.slice() };
    }
    case "listen":
      return { returned: system.listen(call.fd, call.backlog) };
    case "shutdown":
      return { returned: system.shutdown(call.fd, call.how) };
    case "close":
      return { returned: system.close(call.fd) };
    case "getpeername": {
      const returned = system.getpeername(call.fd, system.address);
      return { returned, address: system.address.valid.slice() };
    }
    case "receive":
      return receive(system, call.fd, call.size, call.flags);
    case "transfer null":
      return { returned: calls.transferNull(call.operation, call.fd, call.length, call.flags) };
    case "recvmsg":
      return receiveMessage(system, call);
    case "send":
      return { returned: send(system, call) };
    case "getsockopt": {
      system.option.length = call.size;
      const returned = system.getsockopt(call.fd, call.level, call.option, system.option);
      return { returned, bytes: system.option.valid.slice() };
    }
    case "setsockopt": {
      const value = filled(system.option, call.value);
      return { returned: system.setsockopt(call.fd, call.level, call.option, value) };
    }
    case "poll": {
      const entries: PollEntry[] = call.entries.map((entry) => ({ ...entry, revents: 0 }));
      const returned = system.poll(entries, call.timeout);
      return { returned, revents: entries.map(({ revents }) => revents) };
    }
    case "fcntl":
      return { returned: calls.fcntl(call.fd, call.command, call.argument) };
    case "ioctl":
      return calls.ioctl(call.fd, call.request);
    case "epoll_create":
      return { returned: calls.epollCreate() };
    case "epoll_ctl":
      return { returned: calls.epollCtl(call.epoll, call.operation, call.fd, call.event) };
    case "epoll_wait": {
      const events = calls.epollWait(call.epoll, call.count, call.timeout);
      return typeof events === "number" ? { returned: events } : { returned: events.length, events };
    }
  }
}

function filled(into: ValueResult, bytes: Uint8Array): ValueResult {
  into.bytes.set(bytes);
  into.length = bytes.length;
  return into;
}

function receive(system: System, fd: number, size: number, flags: number): RawResult {
  const buffer = new Uint8Array(size);
  const returned = system.recv(fd, buffer, flags);
  return { returned, bytes: buffer.subarray(0, Math.min(Math.max(returned, 0), size)) };
}

function receiveMessage(system: System, call: Extract<RawCall, { name: "recvmsg" }>): RawResult {
  const { address, control } = system.messageMemory(0);
  address.length = address.capacity;
  control.length = Math.min(call.controlSize, control.capacity);
  const data = call.sizes.map((size) => new Uint8Array(size));
  const message = header(address, data, call.controlSize === 0 ? null : control);
  const returned = system.recvmsg(call.fd, message, call.flags);
  const bytes = Uint8Array.from(data.flatMap((piece) => [...piece])).subarray(0, Math.max(returned, 0));
  return {
    returned,
    bytes,
    address: address.valid.slice(),
    control: message.control?.valid.slice() ?? new Uint8Array(),
    flags: message.flags,
  };
}

function send(system: System, call: Extract<RawCall, { name: "send" }>): number {
  const [only] = call.pieces;
  if (call.pieces.length === 1 && call.control === undefined && call.address === undefined) {
    return system.send(call.fd, defined(only, "one piece"), call.flags);
  }
  if (call.pieces.length === 1 && call.control === undefined && call.address !== undefined) {
    const address = filled(system.address, call.address);
    return system.sendto(call.fd, defined(only, "one piece"), call.flags, address);
  }
  const { address, control } = system.messageMemory(0);
  const to = call.address === undefined ? null : filled(address, call.address);
  const controls = call.control === undefined ? null : filled(control, call.control);
  return system.sendmsg(call.fd, header(to, call.pieces, controls), call.flags);
}

function header(
  address: ValueResult | null,
  data: readonly Uint8Array[],
  control: ValueResult | null,
): MessageHeader {
  return { address, data, locations: null, control, flags: 0, bytes: 0 };
}
