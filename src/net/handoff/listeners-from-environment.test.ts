import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Fixture } from "../../../test/fixture.ts";
import { except } from "../../../test/platform.ts";
import { getsockname } from "../../posix/getsockname.ts";
import type { Socket } from "../../posix/owned-socket.ts";
import { listen } from "../listener/listen.ts";
import { listenersFromEnvironment } from "./listeners-from-environment.ts";

const program = fileURLToPath(new URL("./listeners-from-environment.child.js", import.meta.url));
const posix = except({ windows: "Windows hands no descriptors on by their numbers" });

/** Starts a program with descriptors from 3 on, and gives what it printed. */
function startWith(
  sockets: readonly Socket[],
  environment: NodeJS.ProcessEnv,
  ...args: readonly string[]
): Record<string, unknown> {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    stdio: ["ignore", "pipe", "pipe", ...sockets.map(({ fd }) => fd)],
    env: { ...process.env, ...environment },
    encoding: "utf8",
    timeout: 60_000,
  });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

function inheriting(what: string, run: (fixture: Fixture) => void): void {
  test(`listenersFromEnvironment: ${what}`, posix, (context) => {
    const fixture = new Fixture(context);
    try {
      run(fixture);
    } finally {
      fixture.closeAll();
    }
  });
}

inheriting(
  "takes them once, in order, with their names; they close on exec, and the environment is unset",
  (fixture) => {
    const sockets = [fixture.listener(), fixture.udp(), fixture.listener()];
    const names = ["web", "log", "admin"];
    const environment = { LISTEN_FDS: "3", LISTEN_FDNAMES: names.join(":"), LISTEN_PID: "ours" };
    assert.deepEqual(startWith(sockets, environment), {
      sockets: sockets.map((each, at) => ({ fd: 3 + at, name: names[at], address: getsockname(each) })),
      same: true,
      environment: [null, null, null],
      inherited: false,
    });
  },
);

inheriting(
  "without LISTEN_PID they are ours, without LISTEN_FDNAMES unknown, and the environment can be kept",
  (fixture) => {
    const listener = fixture.listener();
    assert.deepEqual(startWith([listener], { LISTEN_FDS: "1" }, "list", "kept"), {
      sockets: [{ fd: 3, name: "unknown", address: getsockname(listener) }],
      same: true,
      environment: ["1", null, null],
      inherited: false,
    });
  },
);

inheriting("those of another process are not touched", (fixture) => {
  const { sockets, environment } = startWith(
    [fixture.listener()],
    { LISTEN_FDS: "1", LISTEN_PID: "1" },
    "list",
  );
  assert.deepEqual([sockets, environment], [[], ["1", null, "1"]]);
});

inheriting("listen() serves one", (fixture) => {
  assert.deepEqual(startWith([fixture.listener()], { LISTEN_FDS: "1" }, "serve"), { accepted: 1 });
});

inheriting("a worker thread takes none", (fixture) => {
  const answer = startWith([fixture.listener()], { LISTEN_FDS: "1" }, "worker");
  assert.deepEqual(answer, { error: "OperationNotSupported" });
});

interface Refused {
  readonly what: string;
  readonly open?: (fixture: Fixture) => Socket[];
  readonly count?: string;
  readonly how?: string;
  readonly name: string;
  readonly says: RegExp;
}

const refused: readonly Refused[] = [
  {
    what: "a descriptor that is not open",
    how: "closed",
    name: "BadFileDescriptor",
    says: /EBADF descriptor 3: /,
  },
  {
    what: "what is no socket, such as the runtime's own, whatever the count",
    count: "2147483644",
    name: "FileDescriptorNotASocket",
    says: /ENOTSOCK descriptor \d+: /,
  },
  {
    what: "a socket that is bound alone",
    open: (fixture) => [fixture.boundTcp()],
    name: "SocketNotListening",
    says: /EINVAL descriptor 3: /,
  },
  {
    what: "one end of a connection",
    open: (fixture) => fixture.pair().slice(1),
    name: "SocketNotListening",
    says: /EINVAL descriptor 3: /,
  },
  { what: "a word", count: "two", name: "InvalidArgument", says: /LISTEN_FDS must be .*"two"/ },
];

const aListener = (fixture: Fixture) => [fixture.listener()];

for (const { what, open = aListener, count = "1", how = "list", name, says } of refused) {
  inheriting(`refuses ${what}, and leaves the environment`, (fixture) => {
    const { error, message, environment } = startWith(open(fixture), { LISTEN_FDS: count }, how);
    assert.deepEqual([error, environment], [name, [count, null, null]], String(message));
    assert.match(String(message), says);
  });
}

test("listenersFromEnvironment: without the variables there are none, and listen() says so", async () => {
  assert.deepEqual(listenersFromEnvironment(), []);
  await assert.rejects(listen({ socket: listenersFromEnvironment()[0] }), {
    name: "TypeError",
    message: /listenersFromEnvironment\(\), this process inherited none/,
  });
});

test("listenersFromEnvironment: malformed options", () => {
  // @ts-expect-error
  assert.throws(() => listenersFromEnvironment(null), TypeError);
  // @ts-expect-error
  assert.throws(() => listenersFromEnvironment({ unsetEnvironment: 1 }), TypeError);
});
