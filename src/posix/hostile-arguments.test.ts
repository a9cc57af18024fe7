// No method, getter, species or iterator of a caller's object can change which memory a call reads
// or writes.
import assert from "node:assert/strict";
import net from "node:net";
import { test } from "node:test";
import { Fixture, loopback } from "../../test/fixture.ts";
import { brokenArrays, bytesIn, hostileArrays, hostileBytes, hostileViews } from "../../test/hostile.ts";
import { except } from "../../test/platform.ts";
import { scripted } from "../../test/scripted/scripted.ts";
import { IP } from "../options/ip.ts";
import { queryOnly } from "../options/option.ts";
import { rawOption } from "../options/raw.ts";
import { SO } from "../options/so.ts";
import type { Calls, MessageHeader } from "../system/system.ts";
import { bind } from "./bind.ts";
import { AF, MSG, POLL, SOCK } from "./constants.ts";
import { getsockname } from "./getsockname.ts";
import { getsockopt } from "./getsockopt.ts";
import type { Message } from "./message-to-send.ts";
import type { Socket } from "./owned-socket.ts";
import { poll } from "./poll.ts";
import type { MessageBuffers } from "./received-message.ts";
import { recv } from "./recv.ts";
import { recvfrom } from "./recvfrom.ts";
import { recvmmsg } from "./recvmmsg.ts";
import { recvmsg } from "./recvmsg.ts";
import { send } from "./send.ts";
import { sendmmsg } from "./sendmmsg.ts";
import { sendmsg } from "./sendmsg.ts";
import { sendto, trySendto } from "./sendto.ts";
import { setsockopt, trySetsockopt } from "./setsockopt.ts";
import { socket } from "./socket.ts";

const unixOnly = { windows: "its socketpair() makes TCP connections only" };

/** Two sockets that send each other datagrams. */
function withPair(run: (left: Socket, right: Socket, fixture: Fixture) => void) {
  return (context: ConstructorParameters<typeof Fixture>[0]) => {
    const fixture = new Fixture(context);
    try {
      const [left, right] = fixture.pair(SOCK.DGRAM);
      run(left, right, fixture);
    } finally {
      fixture.closeAll();
    }
  };
}

const text = "the bytes that were meant";
const bytes = Buffer.from(text);

/** Everything that a call sends is received. */
const senders: Readonly<Record<string, (left: Socket, data: Uint8Array) => unknown>> = {
  send: (left, data) => send(left, data),
  sendmsg: (left, data) => sendmsg(left, { data: [data] }),
  sendmmsg: (left, data) => sendmmsg(left, [{ data: [data] }]),
};

const receivers: Readonly<Record<string, (right: Socket, buffer: Uint8Array) => number | undefined>> = {
  recv: (right, buffer) => recv(right, buffer),
  recvfrom: (right, buffer) => recvfrom(right, buffer).bytes,
  recvmsg: (right, buffer) => recvmsg(right, { data: [buffer] }).bytes,
  recvmmsg: (right, buffer) => recvmmsg(right, [{ data: [buffer] }], MSG.DONTWAIT)[0]?.bytes,
};

for (const [odd, make] of Object.entries(hostileViews)) {
  test(
    `bytes with ${odd}: sent as they are`,
    except(unixOnly),
    withPair((left, right) => {
      for (const [name, sends] of Object.entries(senders)) {
        sends(left, hostileBytes(make, bytes));
        const buffer = Buffer.alloc(4096);
        assert.equal(buffer.toString("latin1", 0, recv(right, buffer, MSG.DONTWAIT)), text, name);
      }
    }),
  );

  test(
    `a buffer with ${odd}: received into, and no further`,
    except(unixOnly),
    withPair((left, right) => {
      for (const [name, receives] of Object.entries(receivers)) {
        send(left, bytes);
        const buffer = make(8);
        assert.equal(receives(right, buffer), 8, name);
        assert.equal(bytesIn(buffer, 16).toString("latin1"), `${text.slice(0, 8)}${"\0".repeat(8)}`, name);
      }
    }),
  );

  test(
    `bytes with ${odd}: the path of a unix socket, an address's data, an option, a control message`,
    except({ windows: "no abstract names" }),
    (context) => {
      const fixture = new Fixture(context);
      try {
        const { path } = { path: "", ...fixture.abstractAddress() };
        const named = fixture.socket(AF.UNIX, SOCK.DGRAM);
        bind(named, { family: "unix", path: hostileBytes(make, Buffer.from(String(path))) });
        assert.deepEqual(getsockname(named), { family: "unix", path });
        const unknown = fixture.udp();
        const data = Buffer.from([0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
        bind(unknown, { family: "unknown", number: AF.INET, data: hostileBytes(make, data) });
        assert.equal("address" in getsockname(unknown) && getsockname(unknown).family, "ipv4");
        const receiveBuffer = rawOption(1, 8, 4);
        setsockopt(unknown, receiveBuffer, hostileBytes(make, Buffer.from(Int32Array.of(50_000).buffer)));
        assert.equal(getsockopt(unknown, SO.RCVBUF), 100_000);
        const ttl = hostileBytes(make, Buffer.from(Int32Array.of(42).buffer));
        const receiver = fixture.udp();
        bind(receiver, loopback);
        setsockopt(receiver, IP.RECVTTL, true);
        const control = [{ type: "unknown" as const, level: 0, number: 2, data: ttl }];
        sendmsg(unknown, { address: getsockname(receiver), data: [bytes], control });
        assert.deepEqual(recvmsg(receiver, { data: [new Uint8Array(64)] }).control, [
          { type: "IP_TTL", value: 42 },
        ]);
      } finally {
        fixture.closeAll();
      }
    },
  );
}

test(
  "a proxy of bytes is none, and so is an object that inherits from Uint8Array",
  withPair((left) => {
    for (const fake of [
      new Proxy(new Uint8Array(8), {}),
      Object.create(Uint8Array.prototype),
      new Uint16Array(8),
    ]) {
      for (const call of [...Object.values(senders), ...Object.values(receivers)])
        assert.throws(() => call(left, fake), TypeError);
      assert.throws(() => bind(left, { family: "unix", path: fake }), TypeError);
      assert.throws(() => bind(left, { family: "unknown", number: 2, data: fake }), TypeError);
      const control = [{ type: "unknown" as const, level: 0, number: 2, data: fake }];
      assert.throws(() => sendmsg(left, { data: [], control }), TypeError);
    }
  }),
);

for (const [odd, arrange] of Object.entries(hostileArrays)) {
  test(
    `arrays with ${odd}: messages, their pieces, control messages and descriptors`,
    except(unixOnly),
    withPair((left, right, fixture) => {
      const data = () => arrange([Buffer.from("a"), Buffer.from("b")]);
      const control = () => arrange([{ type: "SCM_RIGHTS" as const, descriptors: arrange([left, right]) }]);
      const told = (messages: ReturnType<typeof recvmmsg>) =>
        messages.map(({ bytes, control: [rights] }) => {
          const descriptors = rights?.type === "SCM_RIGHTS" ? rights.descriptors : [];
          for (const each of descriptors) fixture.own(each);
          return [bytes, descriptors.length];
        });
      sendmsg(left, { data: data(), control: control() });
      const [one, two] = [Buffer.alloc(1), Buffer.alloc(8)];
      assert.deepEqual(told([recvmsg(right, { data: arrange([one, two]) })]), [[2, 2]]);
      assert.deepEqual([one.toString(), two.toString("latin1", 0, 1)], ["a", "b"]);
      assert.equal(sendmmsg(left, arrange([{ data: data() }, { data: data(), control: control() }])), 2);
      const targets = arrange([one, two].map((buffer) => ({ data: arrange([buffer, Buffer.alloc(8)]) })));
      assert.deepEqual(told(recvmmsg(right, targets, MSG.DONTWAIT)), [
        [2, 0],
        [2, 2],
      ]);
      const requests = arrange([
        { socket: left, events: POLL.OUT },
        { socket: right, events: POLL.IN },
      ]);
      assert.deepEqual(poll(requests, 0), [{ socket: left, revents: POLL.OUT }]);
    }),
  );

  test(
    `arrays with ${odd}: the same rooms again and again`,
    except(unixOnly),
    withPair((left, right) => {
      if (odd.includes("once")) return;
      const buffer = Buffer.alloc(8);
      const targets = arrange([{ data: arrange([buffer]) }]);
      for (const each of ["first", "second", "third"]) {
        send(left, Buffer.from(each));
        const [message] = recvmmsg(right, targets, MSG.DONTWAIT);
        assert.equal(buffer.toString("latin1", 0, message?.bytes), each);
      }
    }),
  );

  test(`arrays with ${odd}: the sources of a multicast filter`, () => {
    const system = scripted({});
    using s = socket(AF.INET, SOCK.DGRAM, 0, { system });
    const filter = {
      multiaddr: "232.1.1.1",
      fmode: "include" as const,
      slist: arrange(["10.0.0.1", "10.0.0.2"]),
    };
    assert.ok(trySetsockopt(s, IP.MSFILTER, filter).ok);
    assert.equal(system.option.length, 24);
    assert.deepEqual([...system.option.bytes.subarray(16, 24)], [10, 0, 0, 1, 10, 0, 0, 2]);
  });
}

for (const [odd, arrange] of Object.entries(brokenArrays)) {
  test(
    `arrays with ${odd} are refused`,
    withPair((left) => {
      const good = { data: [bytes] };
      const bad = /must be|may be|is an object|at most|pieces|none/;
      assert.throws(() => sendmsg(left, { data: arrange([bytes]) }), bad);
      assert.throws(() => recvmsg(left, { data: arrange([new Uint8Array(1)]) }, MSG.DONTWAIT), bad);
      assert.throws(() => sendmmsg(left, arrange([good])), bad);
      assert.throws(() => recvmmsg(left, arrange([{ data: [new Uint8Array(1)] }]), MSG.DONTWAIT), bad);
      assert.throws(() => poll(arrange([{ socket: left, events: 0 }]), 0), bad);
    }),
  );
}

/** Counts the reads of a message's or a buffer's properties. */
function readOnce<Fields extends object>(fields: Fields): Fields {
  return new Proxy(fields, {
    get(target, name, receiver) {
      const value = Reflect.get(target, name, receiver);
      Object.defineProperty(target, name, {
        get() {
          throw new Error(`${String(name)} was read again`);
        },
      });
      return value;
    },
  });
}

test(
  "each field of a message, of its address and of room is read once",
  withPair((left, right, fixture) => {
    const [udp, other] = [fixture.udp(), fixture.udp()];
    bind(other, loopback);
    const address = () => readOnce({ ...getsockname(other) });
    sendto(udp, bytes, 0, address());
    sendmsg(udp, readOnce({ address: address(), data: [bytes] }));
    const control = () => [{ type: "IP_TTL" as const, value: 9 }];
    sendmmsg(udp, [readOnce({ address: address(), data: [bytes], control: control() })]);
    for (let count = 0; count < 3; count++)
      recvmsg(other, readOnce({ data: [new Uint8Array(64)], controlLength: 64 }));
    send(left, bytes);
    assert.equal(recvmmsg(right, [readOnce({ data: [new Uint8Array(64)] })], MSG.DONTWAIT).length, 1);
  }),
);

/** A message whose getter of `data` runs other code first. */
const afterwards = (message: Omit<Message, "data">, meanwhile: () => void): Message => ({
  ...message,
  get data() {
    meanwhile();
    return [Buffer.from("second")];
  },
});

test("sendmmsg: if a getter of the second message sends, too, the first still goes to its own address", (context) => {
  const fixture = new Fixture(context);
  try {
    const [udp, meant, another] = [fixture.udp(), fixture.udp(), fixture.udp()];
    for (const bound of [meant, another]) bind(bound, loopback);
    const [to, elsewhere] = [getsockname(meant), getsockname(another)];
    const nested = [
      () => sendmsg(udp, { address: elsewhere, data: [Buffer.from("nested")] }),
      () => sendmmsg(udp, [{ address: elsewhere, data: [Buffer.from("nested")] }]),
      () => sendto(udp, Buffer.from("nested"), 0, elsewhere),
    ];
    for (const meanwhile of nested) {
      const control = [{ type: "IP_TTL" as const, value: 7 }];
      const first = { address: to, data: [Buffer.from("first")], control };
      assert.equal(sendmmsg(udp, [first, afterwards({ address: to }, meanwhile)]), 2);
      const buffer = Buffer.alloc(64);
      const next = (from: Socket) => buffer.toString("latin1", 0, recv(from, buffer, MSG.DONTWAIT));
      assert.deepEqual([next(meant), next(meant), next(another)], ["first", "second", "nested"]);
      assert.throws(() => next(another), /EAGAIN/);
    }
  } finally {
    fixture.closeAll();
  }
});

test(
  "sendmmsg: nor do its control messages and descriptors change",
  except(unixOnly),
  withPair((left, right, fixture) => {
    const rights = (count: number) => [
      { type: "SCM_RIGHTS" as const, descriptors: Array<Socket>(count).fill(left) },
    ];
    const [other] = fixture.pair(SOCK.DGRAM);
    const second = afterwards({}, () => sendmsg(other, { data: [bytes], control: rights(1) }));
    assert.equal(sendmmsg(left, [{ data: [Buffer.from("first")], control: rights(3) }, second]), 2);
    const { control } = recvmsg(right, { data: [new Uint8Array(64)] });
    const [received] = control;
    const descriptors = received?.type === "SCM_RIGHTS" ? received.descriptors : [];
    for (const each of descriptors) fixture.own(each);
    assert.equal(descriptors.length, 3);
    assert.deepEqual(recvmsg(right, { data: [new Uint8Array(64)] }).control, []);
  }),
);

test(
  "sendmmsg: a getter of the second message transfers what the first was to send",
  withPair((left) => {
    const data = new Uint8Array(8);
    const second = afterwards({}, () => structuredClone(data.buffer, { transfer: [data.buffer] }));
    assert.throws(() => sendmmsg(left, [{ data: [data] }, second]), /detached/);
  }),
);

test(
  "recvmmsg: a getter of the second room receives with the same buffers",
  except(unixOnly),
  withPair((left, right) => {
    let nested: ReturnType<typeof recvmmsg> = [];
    let deep = false;
    const buffers = [Buffer.alloc(8), Buffer.alloc(8)];
    const targets: MessageBuffers[] = [
      { data: buffers.slice(0, 1) },
      {
        data: buffers.slice(1),
        get controlLength() {
          if (!deep) {
            deep = true;
            nested = recvmmsg(right, targets, MSG.DONTWAIT);
            deep = false;
            for (const each of ["third", "fourth"]) send(left, Buffer.from(each));
          }
          return 64;
        },
      },
    ];
    // The second call reuses the headers of the first.
    for (let count = 0; count < 2; count++) {
      for (const each of ["first", "second"]) send(left, Buffer.from(each));
      const messages = recvmmsg(right, targets, MSG.DONTWAIT);
      assert.deepEqual(
        nested.map((message) => message.bytes),
        [5, 6],
      );
      assert.deepEqual(
        messages.map((message) => message.bytes),
        [5, 6],
      );
      assert.deepEqual(
        buffers.map((buffer) => buffer.toString("latin1", 0, 5)),
        ["third", "fourt"],
      );
    }
  }),
);

test(
  "recvmmsg: a getter of the second room transfers the first one's buffer, which is received into no more",
  except(unixOnly),
  withPair((left, right) => {
    const buffer = new Uint8Array(8);
    let transferred: ArrayBuffer | undefined;
    let isTime = false;
    const targets: MessageBuffers[] = [
      { data: [buffer] },
      {
        data: [new Uint8Array(8)],
        get controlLength() {
          if (isTime) transferred = structuredClone(buffer.buffer, { transfer: [buffer.buffer] });
          return 64;
        },
      },
    ];
    send(left, Buffer.from("before"));
    recvmmsg(right, targets, MSG.DONTWAIT);
    isTime = true;
    send(left, Buffer.from("after!"));
    assert.throws(() => recvmmsg(right, targets, MSG.DONTWAIT), /detached/);
    assert.equal(Buffer.from(transferred ?? new ArrayBuffer(0)).toString("latin1", 0, 6), "before");
  }),
);

test("recvmmsg: never exposes its internal headers", () => {
  const headers = new Set<object>();
  const system = {
    ...scripted({}),
    recvmmsg(_fd: number, messages: readonly MessageHeader[]) {
      for (const header of messages) headers.add(header);
      return 1;
    },
  };
  using s = socket(AF.INET, SOCK.DGRAM, 0, { system });
  const seen: unknown[] = [];
  class Buffers extends Array<MessageBuffers> {
    override map<Mapped>(
      each: (scratch: MessageBuffers, index: number, array: MessageBuffers[]) => Mapped,
    ): Mapped[] {
      const mapped = super.map(each);
      seen.push(...mapped);
      return mapped;
    }
  }
  const targets = new Buffers();
  targets.push({ data: [new Uint8Array(8)] });
  const [message] = recvmmsg(s, targets);
  assert.equal(headers.size, 1);
  assert.deepEqual(seen, []);
  for (const part of Object.values(message ?? {})) assert.ok(typeof part !== "object" || !headers.has(part));
});

test("an error omits an address whose getters later throw or return something else", (context) => {
  const fixture = new Fixture(context);
  try {
    const sender = fixture.udp();
    for (const later of [
      () => {
        throw new Error("read again");
      },
      () => Symbol("no address"),
    ]) {
      let reads = 0;
      const to = {
        family: "ipv4",
        port: 9,
        get address() {
          reads += 1;
          return reads === 1 ? "127.0.0.1" : (later() as never);
        },
      };
      const failed = trySendto(sender, new Uint8Array(66_000), 0, to);
      assert.equal(failed.ok ? "" : failed.error.name, "MessageTooBig");
    }
  } finally {
    fixture.closeAll();
  }
});

test("an object that only looks like an option cannot set how much memory the kernel writes", () => {
  let asked = 0;
  const system = scripted({
    getsockopt: [
      (_fd, _level, _number, value) => {
        asked = value.length;
        return 0;
      },
    ],
  });
  using s = socket(AF.INET, SOCK.STREAM, 0, { system });
  const forged = { ...SO.TYPE, read: { ...SO.TYPE.read, size: 1 << 20 } };
  getsockopt(s, forged);
  assert.equal(asked, system.option.capacity);
});

test("nor can what it encodes, of a query or a value", () => {
  const lengths: number[] = [];
  const record: Calls["getsockopt"] = (_fd, _level, _number, value) => {
    lengths.push(value.length);
    return 0;
  };
  // socket() reads SO_PROTOCOL first.
  const system = scripted({ getsockopt: [0, record, record], setsockopt: [record, record] });
  using s = socket(AF.INET, SOCK.STREAM, 0, { system });
  const forged = queryOnly<undefined, object | number>("SO_TYPE", {
    encode(_query, into) {
      into.length = 1 << 20;
    },
    decode: () => undefined,
  });
  for (const given of [{}, 1]) {
    getsockopt(s, forged, given);
    setsockopt(s, { ...forged, write: forged.query }, given);
  }
  assert.deepEqual(lengths, Array<number>(4).fill(system.option.capacity));
});

/** A socket of Node's whose handle runs code when its descriptor is read. */
function acting(fd: number, act: () => void): net.Socket {
  const handle = {
    get fd() {
      act();
      return fd;
    },
  };
  return Object.defineProperty(new net.Socket(), "_handle", { value: handle });
}

for (const [name, call] of Object.entries({ send, recv, recvfrom })) {
  test(
    `${name}: a getter of the socket that transfers the buffer is not a message without bytes`,
    except({ ...unixOnly, bun: "its sockets have no such handle", deno: "its sockets have no such handle" }),
    withPair((left, right) => {
      send(left, bytes);
      const buffer = new Uint8Array(64);
      const socket = acting(right.fd, () => structuredClone(buffer.buffer, { transfer: [buffer.buffer] }));
      assert.throws(() => call(socket, buffer), { name: "TypeError", code: "ERR_INVALID_ARG_VALUE" });
      assert.equal(recv(right, new Uint8Array(64)), bytes.length);
    }),
  );
}
