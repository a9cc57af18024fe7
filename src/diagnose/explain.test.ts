import assert from "node:assert/strict";
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { asNobody } from "../../test/as-nobody.ts";
import { conformance } from "../../test/conformance.ts";
import type { Fixture } from "../../test/fixture.ts";
import { Holding } from "../../test/holding.ts";
import { inNetworkNamespace } from "../../test/network-namespace.ts";
import { except } from "../../test/platform.ts";
import { runProgram } from "../../test/program.ts";
import { usedByItsProcess } from "../../test/used-by-its-process.ts";
import type { Address, AddressInput } from "../address/address.ts";
import { SO } from "../options/so.ts";
import { accept } from "../posix/accept.ts";
import { bind, tryBind } from "../posix/bind.ts";
import { close } from "../posix/close.ts";
import { connect, tryConnect } from "../posix/connect.ts";
import { AF, SHUT, SOCK } from "../posix/constants.ts";
import { getsockname } from "../posix/getsockname.ts";
import { listen } from "../posix/listen.ts";
import type { Socket } from "../posix/owned-socket.ts";
import { recv } from "../posix/recv.ts";
import { setsockopt } from "../posix/setsockopt.ts";
import { shutdown } from "../posix/shutdown.ts";
import { hostTables } from "../system/this-host.ts";
import { explain } from "./explain.ts";
import type { Cause, Explanation, Held } from "./explanation.ts";

/** An address that no other program uses, so a port is free once a test closes it. */
const quiet = { family: "ipv4", address: "127.83.0.1", port: 0 } as const;

function quietListener(fixture: Fixture): Socket {
  const listener = fixture.tcp();
  bind(listener, quiet);
  listen(listener, 16);
  return usedByItsProcess(listener);
}

const unprivileged = new URL("./explain-path-unprivileged.child.js", import.meta.url);

const SOCK_DIAG = "sock_diag(7)";

/** The only cause; asserts its kind. */
function only<Kind extends Cause["kind"]>(
  { causes, text }: Explanation,
  kind: Kind,
): Extract<Cause, { kind: Kind }> {
  const [cause] = causes;
  assert.ok(causes.length === 1 && cause?.kind === kind, text);
  // TypeScript does not narrow the type by `kind` through a type parameter.
  return cause as Extract<Cause, { kind: Kind }>;
}

const pids = ({ holders }: Held) => holders.map(({ pid }) => pid);

const portOf = (socket: Socket): number => {
  const address = getsockname(socket);
  assert.ok(address.family === "ipv4" || address.family === "ipv6");
  return address.port;
};

const unixIsLinux = { windows: "Windows does not tell who has a unix socket, and Wine 8 has none" };
const noReusePort = { windows: "Winsock has no SO_REUSEPORT" };
const alone = "it is of Windows alone";
const onlyWindows = { darwin: alone, freebsd: alone, linux: alone };

conformance("explain", [
  {
    clause: "a port that is not in use is free",
    source: SOCK_DIAG,
    run(fixture) {
      const listener = quietListener(fixture);
      const address = getsockname(listener);
      close(listener);
      const { verdict, causes, message: sentence } = explain(address);
      assert.deepEqual({ verdict, causes, sentence }, { verdict: "free", causes: [], sentence: "free" });
    },
  },
  {
    clause: "reports a listener with its process: pid, user, command, directory, age",
    source: "proc_pid_fd(5)",
    except: { windows: "Windows tells neither a command line nor a directory; its own row is below" },
    async run(fixture) {
      const folder = fixture.folder();
      const holding = await Holding.start(
        fixture,
        { sockets: [{ address: quiet, backlog: 5 }] },
        { cwd: folder },
      );
      const explanation = explain(holding.address);
      const held = only(explanation, "held");
      assert.equal(explanation.verdict, "taken");
      assert.equal(held.coverage, "same");
      const [holder] = held.holders;
      assert.ok(holder !== undefined && held.holders.length === 1);
      assert.equal(holder.pid, holding.pid);
      assert.equal(holder.uid, process.geteuid?.());
      assert.equal(holder.directory, folder);
      assert.match(holder.command.join(" "), /holder\.child\.js/);
      const age = Date.now() - (holder.started ?? 0);
      assert.ok(age >= -50 && age < 300_000, `${age} ms old`);
      assert.match(
        explanation.message,
        new RegExp(`^held by [\\w-]+ \\(pid ${holding.pid}, user \\w+, ".*", in ${folder}, for \\d+ s\\)$`),
      );
      assert.equal(
        explanation.advice[0]?.command,
        `berkeley free 127.83.0.1:${portOfAddress(holding.address)}`,
      );
    },
  },
  {
    clause: "reports every process that has the socket open, including by inheritance, oldest first",
    source: "proc_pid_fd(5)",
    except: {
      windows: "a SOCKET is no descriptor of C's, which spawn() takes; Windows tells one process of a socket",
    },
    async run(fixture) {
      const listener = quietListener(fixture);
      const heir = await Holding.start(
        fixture,
        { sockets: [] },
        { stdio: ["pipe", "pipe", "inherit", listener.fd] },
      );
      const address = getsockname(listener);
      const explanation = explain(address);
      assert.deepEqual(pids(only(explanation, "held")).toSorted(), [process.pid, heir.pid].toSorted());
      assert.match(
        explanation.message,
        new RegExp(`\\(pid ${process.pid}, .*shared with \\S+ \\(pid ${heir.pid}\\)`),
      );
      close(listener);
      assert.deepEqual(pids(only(explain(address), "held")), [heir.pid]);
      await heir.stop();
      assert.equal(explain(address).verdict, "free");
    },
  },
  {
    clause: "a socket that is bound and does not listen, which lsof -sTCP:LISTEN misses",
    source: "inet_diag_dump_icsk in net/ipv4/inet_diag.c: TCPF_BOUND_INACTIVE, Linux 6.8",
    except: { windows: "GetExtendedTcpTable() does not tell of them; its own row is below" },
    run(fixture) {
      if (hostTables.sockets.lacksBoundSockets("tcp")) {
        fixture.skip("this kernel does not tell");
        return;
      }
      const explanation = explain(getsockname(fixture.boundTcp()));
      const held = only(explanation, "held");
      assert.equal(held.socket.use, "bound");
      assert.deepEqual(pids(held), [process.pid]);
      assert.match(explanation.message, /, which is bound but does not listen$/);
    },
  },
  {
    clause: "a wildcard listener covers every address of its family",
    source: "inet_rcv_saddr_equal in net/ipv4/inet_connection_sock.c",
    run(fixture) {
      const listener = fixture.tcp();
      bind(listener, { family: "ipv4", address: "0.0.0.0", port: 0 });
      listen(listener, 1);
      const port = portOf(listener);
      const explanation = explain({ family: "ipv4", address: "127.0.0.1", port });
      assert.equal(only(explanation, "held").coverage, "wildcard");
      assert.match(explanation.message, /, which listens on 0\.0\.0\.0:\d+ \(every address\)$/);
    },
  },
  {
    clause: "a listener of IPv6 covers IPv4 unless it is IPV6_V6ONLY",
    source: "ipv6(7); ipv6_rcv_saddr_equal in net/ipv4/inet_connection_sock.c",
    async run(fixture) {
      const any = { family: "ipv6", address: "::", port: 0 } as const;
      const holding = await Holding.start(fixture, {
        sockets: [
          { address: any, backlog: 1, v6only: false },
          { address: any, backlog: 1, v6only: true },
        ],
      });
      const [dual, single] = holding.addresses.map(portOfAddress);
      const explanation = explain({ family: "ipv4", address: "127.0.0.1", port: dual ?? 0 });
      assert.equal(only(explanation, "held").coverage, "dual stack");
      assert.match(
        explanation.message,
        /listens on \[::\]:\d+ \(every address, IPv4 too: IPV6_V6ONLY is off\)$/,
      );
      assert.equal(explain({ family: "ipv4", address: "127.0.0.1", port: single ?? 0 }).verdict, "free");
    },
  },
  {
    clause: "a connection keeps the port when its listener is gone",
    source: "inet_csk_bind_conflict in net/ipv4/inet_connection_sock.c",
    except: { windows: "bind() succeeds there beside a connection" },
    run(fixture) {
      const listener = quietListener(fixture);
      const client = fixture.tcp();
      connect(client, getsockname(listener));
      fixture.own(accept(listener).socket);
      const address = getsockname(listener);
      assert.equal(only(explain(address), "held").socket.use, "listening");
      close(listener);
      const explanation = explain(address);
      assert.equal(only(explanation, "held").socket.use, "connected");
      assert.match(explanation.message, /, by a connection from 127\.83\.0\.1:\d+ to 127\.0\.0\.1:\d+$/);
    },
  },
  ...[false, true].map((reuseAddress) => {
    return {
      clause:
        `TIME_WAIT: SO_REUSEADDR ${reuseAddress ? "helps, where" : "does not help, unless"} the socket ` +
        "that had the address set it",
      source: "socket(7), SO_REUSEADDR; inet_csk_bind_conflict in net/ipv4/inet_connection_sock.c",
      except: { windows: "SO_REUSEADDR is something else there, and no time is told; its own row is below" },
      run(fixture: Fixture) {
        const listener = fixture.tcp();
        if (reuseAddress) setsockopt(listener, SO.REUSEADDR, true);
        bind(listener, quiet);
        listen(listener, 1);
        const client = fixture.tcp();
        connect(client, getsockname(listener));
        const address = getsockname(listener);
        const server = fixture.own(accept(listener).socket);
        // The side that closes first is in TIME_WAIT once the other's FIN has arrived, which may
        // take a while on a busy machine, even on loopback.
        shutdown(server, SHUT.WR);
        assert.equal(recv(client, new Uint8Array(1)), 0);
        close(client);
        assert.equal(recv(server, new Uint8Array(1)), 0);
        close(server);
        close(listener);
        let explanation = explain(address);
        if (reuseAddress) {
          assert.deepEqual([explanation.verdict, explanation.causes], ["free", []]);
          assert.match(
            explanation.text,
            /TIME_WAIT[\s\S]*A socket with SO_REUSEADDR, which Node sets, can listen at once/,
          );
          const refused = tryBind(fixture.tcp(), address);
          assert.ok(!refused.ok);
          explanation = explain(refused.error);
          assert.match(explanation.text, /Set SO\.REUSEADDR before bind\(\)/);
        }
        assert.equal(explanation.verdict, "taken");
        const waiting = only(explanation, "time-wait");
        assert.equal(waiting.reuseAddress, reuseAddress);
        const { remaining = 0 } = waiting;
        assert.ok(remaining > 0 && remaining <= 60_000, `${remaining}`);
        assert.match(explanation.message, /^kept by a closed connection \(TIME_WAIT\), for /);
        const again = fixture.tcp();
        setsockopt(again, SO.REUSEADDR, true);
        assert.equal(tryBind(again, address).ok, reuseAddress, "bind() agrees");
      },
    };
  }),
  {
    clause: "an orphan whose peer has not closed has no owner: a socket with SO_REUSEADDR can bind the port",
    source: "tcp_close in net/ipv4/tcp.c; inet_csk_bind_conflict in net/ipv4/inet_connection_sock.c",
    except: { windows: "bind() succeeds there beside a connection" },
    run(fixture) {
      const listener = fixture.tcp();
      setsockopt(listener, SO.REUSEADDR, true);
      bind(listener, quiet);
      listen(listener, 1);
      const address = getsockname(listener);
      const client = fixture.tcp();
      connect(client, address);
      close(accept(listener).socket);
      close(listener);
      assert.equal(recv(client, new Uint8Array(1)), 0);
      const { verdict, notes } = explain(address);
      assert.equal(verdict, "free");
      assert.match(
        notes[0] ?? "",
        /^Still kept: a closed connection that the peer has not closed yet\. A socket with/,
      );
    },
  },
  {
    clause: "a socket that is connecting holds its port",
    source: "inet_csk_bind_conflict in net/ipv4/inet_connection_sock.c",
    except: { windows: "bind() succeeds there beside a connection" },
    run(fixture) {
      const full = fixture.listener(0);
      connect(fixture.tcp(), getsockname(full));
      const connecting = fixture.tcp({ nonblocking: true });
      bind(connecting, quiet);
      assert.equal(tryConnect(connecting, getsockname(full)).ok, false);
      const held = only(explain(getsockname(connecting)), "held");
      assert.deepEqual([held.socket.use, pids(held)], ["connected", [process.pid]]);
    },
  },
  {
    clause: "the advice names the requested address, not others on the port",
    source: "berkeley",
    except: { windows: "SO_REUSEADDR is something else there" },
    async run(fixture) {
      const first = await Holding.start(fixture, { sockets: [{ address: quiet, backlog: 1 }] });
      const port = portOfAddress(first.address);
      const where = `127.83.0.1:${port}`;
      assert.equal(explain(first.address).advice[0]?.command, `berkeley free ${where}`);
      const wildcard = { family: "ipv4", address: "0.0.0.0", port } as const;
      assert.equal(explain(wildcard).advice[0]?.command, `berkeley free 0.0.0.0:${port}`);
      const every = { family: "ipv6", address: "::", port } as const;
      assert.equal(explain(every).advice[0]?.command, `berkeley free ${port}`);
    },
  },
  {
    clause: "SO_REUSEPORT: a group of this user may be joined",
    source: "socket(7), SO_REUSEPORT",
    except: noReusePort,
    async run(fixture) {
      const sharing = { address: quiet, reusePort: true, backlog: 1 };
      const holding = await Holding.start(fixture, { sockets: [sharing] });
      const group = explain(holding.address).causes.find(({ kind }) => kind === "reuse-port-group");
      assert.ok(group?.kind === "reuse-port-group");
      assert.deepEqual([group.sockets, group.joinable], [1, true]);
    },
  },
  {
    clause: "SO_REUSEPORT: a group of another user may not",
    source: "socket(7), SO_REUSEPORT; inet_csk_bind_conflict in net/ipv4/inet_connection_sock.c",
    except: noReusePort,
    async run(fixture) {
      if (process.geteuid?.() !== 0) {
        fixture.skip("only root may have another user's processes");
        return;
      }
      const first = quietListener(fixture);
      const port = portOf(first);
      close(first);
      const sharing = { address: { ...quiet, port }, reusePort: true, backlog: 1 };
      const holding = await Holding.start(fixture, {
        sockets: [sharing, sharing],
        unprivileged: true,
      });
      const explanation = explain(holding.address);
      const group = explanation.causes.find(({ kind }) => kind === "reuse-port-group");
      assert.ok(group?.kind === "reuse-port-group", explanation.text);
      assert.deepEqual([group.sockets, group.user, group.joinable], [2, "nobody", false]);
      assert.match(explanation.text, /2 sockets share it \(SO_REUSEPORT\), and only user nobody may join/);
    },
  },
  {
    clause: "reports another user's process as far as permissions allow, and says what they hide",
    source: "proc_pid_fd(5); ptrace(2), PTRACE_MODE_READ_FSCREDS",
    except: { windows: "Windows tells the process of every socket" },
    async run(fixture) {
      if (process.geteuid?.() !== 0) {
        fixture.skip("only root may become another user");
        return;
      }
      const holding = await Holding.start(fixture, { sockets: [{ address: quiet, backlog: 5 }] });
      asNobody([], () => {
        const explanation = explain(holding.address);
        const held = only(explanation, "held");
        assert.deepEqual(held.holders, []);
        assert.ok(held.hidden > 0);
        assert.equal(held.user, "root");
        assert.equal(explanation.message, "held by a process of user root that this user may not inspect");
        assert.match(explanation.advice[0]?.command ?? "", /^sudo berkeley why 127\.83\.0\.1:\d+$/);
      });
    },
  },
  {
    clause: "an address that is not one of this machine",
    source: "ip(7), EADDRNOTAVAIL; RFC 5737",
    run() {
      const explanation = explain({ family: "ipv4", address: "198.51.100.1", port: 3000 });
      const cause = only(explanation, "address-not-local");
      assert.equal(explanation.verdict, "unavailable");
      assert.ok(cause.localAddresses.includes("127.0.0.1"));
      assert.match(explanation.message, /^not an address of this machine; its addresses are .*127\.0\.0\.1/);
    },
  },
  {
    clause: "a privileged port, an ephemeral range that is used up, reserved ports",
    source: "ip(7): ip_unprivileged_port_start, ip_local_port_range, ip_local_reserved_ports",
    except: { windows: "Windows has no privileged ports, and no call tells of its ranges" },
    run: (fixture) =>
      inNetworkNamespace(fixture, new URL("./explain-network.child.js", import.meta.url), { ip: true }),
  },
  {
    clause: "UDP and TCP ports are apart",
    source: "udp(7)",
    run(fixture) {
      const datagrams = fixture.udp();
      bind(datagrams, quiet);
      usedByItsProcess(datagrams);
      const address = getsockname(datagrams);
      assert.equal(explain(address).verdict, "free");
      const explanation = explain(address, { protocol: "udp" });
      assert.deepEqual(pids(only(explanation, "held")), [process.pid]);
      assert.equal(
        explanation.advice[0]?.command,
        `berkeley free --udp 127.83.0.1:${portOfAddress(address)}`,
      );
    },
  },
  {
    clause: "a unix path: free, listened on, bound and not listened on, stale",
    source: "unix(7)",
    except: unixIsLinux,
    run(fixture) {
      const address = { family: "unix", path: join(fixture.folder(), "socket") } as const;
      assert.equal(explain(address).verdict, "free");
      const listener = fixture.socket(AF.UNIX, SOCK.STREAM);
      bind(listener, address);
      const bound = explain(address);
      assert.equal(only(bound, "held").socket.use, "bound");
      listen(listener, 1);
      const listened = explain(address);
      assert.equal(only(listened, "held").socket.use, "listening");
      assert.deepEqual(pids(only(listened, "held")), [process.pid]);
      close(listener);
      const stale = explain(address);
      only(stale, "stale-path");
      assert.equal(stale.verdict, "taken");
      assert.equal(stale.advice[0]?.command, `rm ${address.path}`);
    },
  },
  {
    clause: "a unix path: the file counts, not the name that the socket was bound by",
    source: "unix_diag: UNIX_DIAG_VFS",
    except: unixIsLinux,
    run(fixture) {
      const folder = fixture.folder();
      const listener = fixture.socket(AF.UNIX, SOCK.STREAM);
      bind(listener, { family: "unix", path: join(folder, "socket") });
      listen(listener, 1);
      mkdirSync(join(folder, "deeper"));
      const explanation = explain({ family: "unix", path: join(folder, "deeper/../socket") });
      assert.equal(only(explanation, "held").socket.use, "listening");
    },
  },
  {
    clause: "a unix path: reports a file that is not a socket",
    source: "unix(7), EADDRINUSE",
    except: unixIsLinux,
    run(fixture) {
      const folder = fixture.folder();
      writeFileSync(join(folder, "file"), "");
      symlinkSync("file", join(folder, "link"));
      const is = (name: string) =>
        only(explain({ family: "unix", path: join(folder, name) }), "not-a-socket").is;
      assert.deepEqual(["file", "link", "."].map(is), ["file", "symbolic link", "directory"]);
      assert.equal(only(explain({ family: "unix", path: "/dev/null" }), "not-a-socket").is, "other");
    },
  },
  {
    clause: "a unix path: a directory that is missing or not writable",
    source: "unix(7), ENOENT and EACCES",
    except: unixIsLinux,
    run(fixture) {
      const folder = fixture.folder();
      chmodSync(folder, 0o700);
      const path = join(folder, "missing/socket");
      assert.equal(
        only(explain({ family: "unix", path }), "missing-directory").directory,
        join(folder, "missing"),
      );
      if (process.geteuid?.() !== 0) chmodSync(folder, 0);
      asNobody([], () => {
        const explanation = explain({ family: "unix", path: join(folder, "socket") });
        const denied = only(explanation, "directory-denied");
        assert.equal(denied.directory, folder);
        assert.equal(explanation.verdict, "unavailable");
      });
      chmodSync(folder, 0o700);
    },
  },
  {
    clause: "a unix path: a directory must let its user write and search",
    source: "unix(7), EACCES; path_resolution(7)",
    except: unixIsLinux,
    run(fixture) {
      const folder = fixture.folder();
      chmodSync(folder, 0o711);
      const directory = join(folder, "directory");
      mkdirSync(directory);
      if (process.geteuid?.() === 0) chownSync(directory, 65534, 65534);
      const stdout = runProgram(unprivileged, { args: [directory, "200", "100", "500", "300", "700"] });
      const denied = (mode: string) => [`directory-denied ${mode}`];
      assert.deepEqual(JSON.parse(stdout), [denied("200"), denied("100"), denied("500"), [], []]);
    },
  },
  {
    clause: "a unix path: a listener in another network namespace is not a stale file",
    source: "unix_find_bsd in net/unix/af_unix.c: a path is of no network namespace; unix_diag tells of one",
    except: unixIsLinux,
    async run(fixture) {
      const address = { family: "unix", path: join(fixture.folder(), "socket") } as const;
      let elsewhere: Holding;
      try {
        const request = { sockets: [{ address, backlog: 4 }] };
        elsewhere = await Holding.start(fixture, request, { under: ["unshare", "--net"] });
      } catch (error) {
        fixture.skip(`a network namespace cannot be made: ${error}`);
        return;
      }
      const explanation = explain(elsewhere.address);
      assert.equal(explanation.verdict, "unknown");
      assert.match(
        explanation.message,
        /another network namespace listens on it, and cannot be seen from here$/,
      );
    },
  },
  {
    clause: "an abstract name: held, and free once its socket is closed",
    source: "unix(7)",
    except: unixIsLinux,
    run(fixture) {
      const address = fixture.abstractAddress();
      const bound = fixture.socket(AF.UNIX, SOCK.DGRAM);
      bind(bound, address);
      assert.deepEqual(pids(only(explain(address), "held")), [process.pid]);
      close(bound);
      assert.equal(explain(address).verdict, "free");
    },
  },
  {
    clause:
      "an abstract name: by its listener, not by what that has accepted; by a " +
      "connected socket that was bound",
    source: "unix_stream_connect() in net/unix/af_unix.c",
    except: unixIsLinux,
    run(fixture) {
      const address = fixture.abstractAddress();
      const listener = fixture.socket(AF.UNIX, SOCK.STREAM);
      bind(listener, address);
      listen(listener, 1);
      const client = fixture.socket(AF.UNIX, SOCK.STREAM);
      const name = fixture.abstractAddress();
      bind(client, name);
      connect(client, address);
      const accepted = fixture.own(accept(listener).socket);
      const held = only(explain(address), "held");
      assert.equal(held.socket.use, "listening");
      assert.equal(only(explain(name), "held").socket.use, "connected");
      close(listener);
      assert.equal(explain(address).verdict, "free");
      const again = fixture.socket(AF.UNIX, SOCK.STREAM);
      bind(again, address);
      close(accepted);
    },
  },
  {
    clause: "an error of bind() is about its address",
    source: "berkeley",
    run(fixture) {
      const listener = quietListener(fixture);
      const result = tryBind(fixture.tcp(), getsockname(listener));
      assert.ok(!result.ok);
      assert.deepEqual(pids(only(explain(result.error), "held")), [process.pid]);
      close(listener);
      assert.equal(explain(result.error).verdict, "free");
    },
  },
  {
    clause: "reports a listener with its process: pid, user, program, age",
    source: "MIB_TCPROW_OWNER_PID of tcpmib.h; QueryFullProcessImageNameW(); GetProcessTimes()",
    except: onlyWindows,
    async run(fixture) {
      const holding = await Holding.start(fixture, { sockets: [{ address: quiet, backlog: 5 }] });
      const explanation = explain(holding.address);
      const held = only(explanation, "held");
      assert.equal(explanation.verdict, "taken");
      const [holder] = held.holders;
      assert.ok(holder !== undefined && held.holders.length === 1);
      assert.equal(holder.pid, holding.pid);
      assert.equal(holder.user, userInfo().username);
      assert.equal(holder.parent, process.pid);
      assert.match(holder.command.join(), /\\node\.exe$/);
      const age = Date.now() - (holder.started ?? 0);
      assert.ok(age >= 0 && age < 300_000, `${age} ms old`);
      assert.match(
        explanation.message,
        new RegExp(`^held by node\\.exe \\(pid ${holding.pid}, user \\w+, ".*node\\.exe", for \\d+ s\\)$`),
      );
      assert.equal(
        explanation.advice[0]?.command,
        `berkeley free 127.83.0.1:${portOfAddress(holding.address)}`,
      );
    },
  },
  {
    clause: "a bound socket that is not listening: says that Windows does not list it",
    source: "GetExtendedTcpTable()",
    except: onlyWindows,
    run(fixture) {
      const explanation = explain(getsockname(fixture.boundTcp()));
      assert.equal(explanation.verdict, "taken");
      assert.match(only(explanation, "in-use").reason, /bound without listening/);
      assert.equal(explanation.advice[0]?.command, "netstat -qano");
    },
  },
  {
    clause: "WSAEACCES on a port in use: the holder does not share it, although SO_REUSEADDR is set",
    source: "Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE (Winsock)",
    except: onlyWindows,
    run(fixture) {
      const listener = quietListener(fixture);
      const other = fixture.tcp();
      setsockopt(other, SO.REUSEADDR, true);
      const denied = tryBind(other, getsockname(listener));
      assert.ok(!denied.ok && denied.error.name === "AccessDenied");
      const explanation = explain(denied.error);
      assert.deepEqual(
        explanation.causes.map(({ kind }) => kind),
        ["held", "exclusive-use"],
      );
      assert.match(explanation.text, /SO_EXCLUSIVEADDRUSE/);
      // Given only an address, explain() tries bind() itself, which fails differently.
      assert.deepEqual(
        explain(getsockname(listener)).causes.map(({ kind }) => kind),
        ["held"],
      );
    },
  },
  {
    clause: "TIME_WAIT: reported, without a time, if bind() fails because of it",
    source: "MIB_TCP_STATE of tcpmib.h",
    except: { ...onlyWindows },
    run(fixture) {
      const listener = fixture.tcp();
      bind(listener, quiet);
      listen(listener, 1);
      const client = fixture.tcp();
      connect(client, getsockname(listener));
      const address = getsockname(listener);
      const server = fixture.own(accept(listener).socket);
      shutdown(server, SHUT.WR);
      assert.equal(recv(client, new Uint8Array(1)), 0);
      close(client);
      assert.equal(recv(server, new Uint8Array(1)), 0);
      close(server);
      close(listener);
      const explanation = explain(address);
      if (tryBind(fixture.tcp(), address).ok) assert.equal(explanation.verdict, "free");
      else assert.match(explanation.message, /^kept by a closed connection \(TIME_WAIT\)$/);
    },
  },
  {
    clause: "a port in use in another network namespace is free here",
    source: "network_namespaces(7)",
    except: { windows: "Windows has no network namespaces" },
    async run(fixture) {
      const first = quietListener(fixture);
      const port = portOf(first);
      close(first);
      const request = { sockets: [{ address: { ...quiet, address: "0.0.0.0", port }, backlog: 4 }] };
      try {
        await Holding.start(fixture, request, { under: ["unshare", "--net"] });
      } catch (error) {
        fixture.skip(`a network namespace cannot be made: ${error}`);
        return;
      }
      assert.equal(explain({ ...quiet, port }).verdict, "free");
    },
  },
]);

const portOfAddress = (address: Address): number => ("port" in address ? address.port : 0);

const onLinux = except({
  windows: "a path is a pipe's there, and Wine does not tell whose the sockets of Node's own are",
});

test("explains the address of Node's own errors, a port or a path", onLinux, async (context) => {
  const first = createServer();
  await new Promise<void>((resolve) => first.listen(0, "127.0.0.1", resolve));
  context.after(() => first.close());
  const taken = first.address();
  assert.ok(taken !== null && typeof taken === "object");
  const second = createServer();
  const error = await new Promise<Error>((resolve) => {
    second.once("error", resolve).listen(taken.port, "127.0.0.1");
  });
  assert.deepEqual(pids(only(explain(error), "held")), [process.pid]);
  const nowhere = await new Promise<Error>((resolve) => {
    createServer().once("error", resolve).listen("/nonexistent/folder/socket");
  });
  only(explain(nowhere), "missing-directory");
});

test("explain() rejects what has no address", () => {
  const bad: AddressInput[] = [{ family: "netlink", pid: 0, groups: 0 }, { family: "unspecified" }];
  for (const address of bad) assert.throws(() => explain(address), TypeError);
  assert.throws(() => explain(new Error("no address")), TypeError);
  for (const value of [null, undefined, 3000, "3000"]) {
    // @ts-expect-error neither an address nor an error
    assert.throws(() => explain(value), TypeError);
  }
  assert.throws(() => explain({ ...quiet, port: 65536 }), RangeError);
});
