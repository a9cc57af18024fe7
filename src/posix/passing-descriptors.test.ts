import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync, readSync, statSync, writeFileSync, writeSync } from "node:fs";
import { createServer, Socket as NetSocket } from "node:net";
import { join } from "node:path";
import { closeDescriptor } from "../../test/close-descriptor.ts";
import { closesOnExec } from "../../test/closes-on-exec.ts";
import { conformance } from "../../test/conformance.ts";
import { openDescriptors } from "../../test/open-descriptors.ts";
import { descriptorsHidden } from "../../test/own-sockets.ts";
import { pass } from "../../test/pass-descriptors.ts";
import { controlLimitOfMusl } from "../../test/platform.ts";
import { accept } from "./accept.ts";
import { effectiveBacklog } from "./accept-queue.ts";
import { close } from "./close.ts";
import { connect } from "./connect.ts";
import { AF, IPPROTO, SOCK } from "./constants.ts";
import { getsockname } from "./getsockname.ts";
import { Descriptor } from "./owned-descriptor.ts";
import { Socket } from "./owned-socket.ts";
import { recv } from "./recv.ts";
import { recvmsg } from "./recvmsg.ts";
import { send } from "./send.ts";
import { sendmsg } from "./sendmsg.ts";

const hello = Buffer.from("hello");

/** The file of a descriptor: device and inode. */
const fileOf = (fd: number) => {
  const { dev, ino } = statSync(`/proc/self/fd/${fd}`);
  return [dev, ino];
};

conformance("SCM_RIGHTS", [
  {
    clause: "sockets arrive as Sockets that know their domain, type and protocol",
    source: "unix(7), SCM_RIGHTS",
    except: { windows: "Windows has no AF_NETLINK" },
    run(fixture) {
      const kinds: [number, number, number][] = [
        [AF.INET, SOCK.STREAM, IPPROTO.TCP],
        [AF.INET6, SOCK.DGRAM, IPPROTO.UDP],
        [AF.UNIX, SOCK.SEQPACKET, 0],
        [AF.NETLINK, SOCK.RAW, 0],
      ];
      const sockets = kinds.map(([domain, type, protocol]) => fixture.socket(domain, type, protocol));
      for (const type of [SOCK.STREAM, SOCK.DGRAM, SOCK.SEQPACKET]) {
        for (const [at, each] of pass(fixture, sockets, type).entries()) {
          assert.ok(each instanceof Socket);
          assert.deepEqual([each.domain, each.type, each.protocol], kinds[at]);
          const original = sockets[at]?.fd ?? -1;
          assert.notEqual(each.fd, original);
          assert.deepEqual(fileOf(each.fd), fileOf(original));
        }
      }
    },
  },
  {
    clause: "a file arrives as a Descriptor; it is the same open file, with one position",
    except: {
      windows: "Windows has no SCM_RIGHTS",
      deno: "Deno's fs reads from no descriptor but those that it has opened itself",
    },
    source: "unix(7), SCM_RIGHTS; POSIX XSH 2.10.11",
    run(fixture) {
      const path = join(fixture.folder(), "file");
      writeFileSync(path, "0123456789");
      const fd = openSync(path, "r+");
      const [received] = pass(fixture, [fd]);
      assert.ok(received instanceof Descriptor && !(received instanceof Socket));
      // @ts-expect-error socket calls do not take it
      assert.throws(() => getsockname(received), /not a Descriptor, whose file is no socket$/);
      const byte = Buffer.alloc(2);
      readSync(fd, byte);
      readSync(received.fd, byte);
      assert.equal(byte.toString(), "23");
      writeSync(received.fd, "xx");
      assert.equal(readFileSync(path, "utf8"), "0123xx6789");
      closeSync(fd);
    },
  },
  {
    clause:
      "what is sent stays the sender's, and what is received is the receiver's: either may close its own",
    source: "unix(7), SCM_RIGHTS",
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      const [near, far] = fixture.pair();
      const [received] = pass(fixture, [near]);
      assert.ok(received instanceof Socket);
      close(near);
      send(received, hello);
      assert.equal(recv(far, new Uint8Array(8)), 5);
      close(received);
      assert.equal(recv(far, new Uint8Array(8)), 0, "the last of the two is closed");
      const [kept, peer] = fixture.pair();
      const [passed] = pass(fixture, [kept]);
      assert.ok(passed !== undefined);
      close(passed);
      send(peer, hello);
      assert.equal(recv(kept, new Uint8Array(8)), 5);
    },
  },
  {
    clause: "the same descriptor several times, and a received one again: each is one of its own",
    source: "unix(7), SCM_RIGHTS",
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      const udp = fixture.udp();
      const received = pass(fixture, [udp, udp.fd, udp]);
      const fds = new Set(received.map(({ fd }) => fd));
      assert.equal(fds.size, 3);
      const path = join(fixture.folder(), "file");
      const fd = openSync(path, "w");
      const [file] = pass(fixture, [fd]);
      assert.ok(file !== undefined);
      const [again] = pass(fixture, [file]);
      assert.deepEqual(fileOf(again?.fd ?? -1), fileOf(fd));
      closeSync(fd);
    },
  },
  {
    clause: "253 at once: SCM_MAX_FD",
    source: "unix(7), SCM_RIGHTS",
    except: { windows: "its socketpair() makes TCP connections only", musl: controlLimitOfMusl },
    run(fixture) {
      const received = pass(fixture, Array<number>(253).fill(fixture.udp().fd));
      assert.equal(new Set(received.map(({ fd }) => fd)).size, 253);
    },
  },
  {
    clause: "several control messages of descriptors arrive as one; none arrive as no control message",
    source: "scm_fp_copy and scm_detach_fds in net/core/scm.c",
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      const [left, right] = fixture.pair(SOCK.DGRAM);
      const rights = (count: number) =>
        ({ type: "SCM_RIGHTS", descriptors: Array<number>(count).fill(left.fd) }) as const;
      sendmsg(left, { data: [], control: [rights(2), rights(0), rights(3)] });
      sendmsg(left, { data: [], control: [rights(0)] });
      const [received] = recvmsg(right, { data: [] }).control;
      assert.ok(received?.type === "SCM_RIGHTS" && received.descriptors.length === 5);
      for (const descriptor of received.descriptors) fixture.own(descriptor);
      assert.deepEqual(recvmsg(right, { data: [] }).control, []);
    },
  },
  {
    clause: "close-on-exec: no program that is started inherits one",
    except: {
      windows: "Windows has no SCM_RIGHTS",
      bun: "Bun's child processes inherit nothing, whatever the flag",
    },
    source: "recvmsg(2), MSG_CMSG_CLOEXEC",
    run(fixture) {
      const inherited = fixture.socket(AF.INET, SOCK.STREAM, 0, { closeOnExec: false });
      const received = pass(fixture, [inherited, inherited]);
      assert.equal(closesOnExec(inherited.fd), false);
      for (const { fd } of received) assert.equal(closesOnExec(fd), true);
      const { stdout } = spawnSync("ls", ["-l", "/proc/self/fd"], { encoding: "utf8" });
      const inode = `socket:[${statSync(`/proc/self/fd/${inherited.fd}`).ino}]`;
      assert.equal(stdout.split(inode).length - 1, 1, "only the one that was made so");
    },
  },
  {
    clause: "on a stream nothing is received past the bytes that descriptors were sent with",
    source: "unix(7), SCM_RIGHTS; unix_stream_read_generic in net/unix/af_unix.c",
    except: { windows: "Windows has no such option" },
    run(fixture) {
      const [left, right] = fixture.pair();
      send(left, Buffer.from("before"));
      const control = [{ type: "SCM_RIGHTS", descriptors: [left] }] as const;
      sendmsg(left, { data: [Buffer.from("with")], control });
      send(left, Buffer.from("after"));
      const buffer = () => ({ data: [new Uint8Array(64)] });
      const { bytes, control: arrived } = recvmsg(right, buffer());
      const [rights] = arrived;
      assert.ok(bytes === 10 && rights?.type === "SCM_RIGHTS");
      for (const descriptor of rights.descriptors) fixture.own(descriptor);
      assert.equal(recvmsg(right, buffer()).bytes, 5);
    },
  },
  {
    clause:
      "descriptors in flight are closed with the socket they were sent to; so are those that recv() skips",
    source: "unix(7), SCM_RIGHTS; scm_destroy in net/core/scm.c",
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      for (const passOver of [false, true]) {
        const [near, far] = fixture.pair();
        const [left, right] = fixture.pair(SOCK.DGRAM);
        sendmsg(left, { data: [hello], control: [{ type: "SCM_RIGHTS", descriptors: [near] }] });
        close(near);
        if (passOver) recv(right, new Uint8Array(8));
        else for (const end of [left, right]) close(end);
        assert.equal(recv(far, new Uint8Array(8)), 0, "its last descriptor is closed");
      }
    },
  },
  {
    clause: "a listening socket keeps accepting at the receiver after the sender closes its own",
    source: "unix(7), SCM_RIGHTS",
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      const listener = fixture.listener(7);
      const [received] = pass(fixture, [listener]);
      assert.ok(received instanceof Socket);
      const address = getsockname(listener);
      close(listener);
      assert.equal(effectiveBacklog(received), 7);
      connect(fixture.tcp(), address);
      fixture.own(accept(received).socket);
    },
  },
  {
    clause: "Node's own server and socket can be passed; a net.Socket continues on the received descriptor",
    except: { ...descriptorsHidden, bun: "Bun's net.Socket takes no descriptor" },
    source: "berkeley",
    async run(fixture) {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const [listener] = pass(fixture, [server]);
      assert.ok(listener instanceof Socket);
      await new Promise((resolve) => server.close(resolve));
      const client = new NetSocket();
      const address = getsockname(listener);
      assert.ok("port" in address);
      await new Promise<void>((resolve) => client.connect(address.port, "127.0.0.1", resolve));
      const accepted = fixture.own(accept(listener).socket);
      const [passed] = pass(fixture, [client]);
      assert.ok(passed instanceof Socket);
      const closed = new Promise((resolve) => client.once("close", resolve));
      client.destroy();
      await closed;
      const going = new NetSocket({ fd: passed.detach() });
      await new Promise((resolve) => going.write("hello", resolve));
      assert.equal(recv(accepted, new Uint8Array(8)), 5);
      const gone = new Promise((resolve) => going.once("close", resolve));
      going.destroy();
      await gone;
    },
  },
  {
    clause: "detach() and a scope's end: the receiver's to keep, or closed",
    source: "berkeley",
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      const udp = fixture.udp();
      const before = openDescriptors();
      const [left, right] = fixture.pair(SOCK.DGRAM);
      sendmsg(left, { data: [], control: [{ type: "SCM_RIGHTS", descriptors: [udp, udp] }] });
      const [rights] = recvmsg(right, { data: [] }).control;
      assert.ok(rights?.type === "SCM_RIGHTS");
      const [first, second] = rights.descriptors;
      assert.ok(first !== undefined && second !== undefined);
      const fd = first.detach();
      assert.ok(first.closed);
      {
        using scoped = second;
        assert.equal(scoped.closed, false);
      }
      for (const end of [left, right]) close(end);
      assert.equal(openDescriptors().length, before.length + 1);
      closeDescriptor(fd);
    },
  },
]);
