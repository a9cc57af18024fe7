// `berkeley hold --ready notify` with programs written for systemd.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { type TestContext, test } from "node:test";
import { inherited } from "../../../test/held-process.ts";
import { ask, HeldWorkers } from "../../../test/held-workers.ts";

/** Skips the test if a program is missing. */
function has(context: TestContext, program: string): boolean {
  const found = spawnSync(program, ["--version"]).status === 0;
  if (!found) context.skip(`there is no ${program}`);
  return found;
}

/** Takes the socket by LISTEN_FDS, and is ready when it gets SIGUSR1. */
const python = `
import os, signal, socket, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
listener = socket.socket(fileno=3)
print("started", os.environ["LISTEN_PID"] == str(os.getpid()), flush=True)
signal.sigwait([signal.SIGUSR1])
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
notify.connect(os.environ["NOTIFY_SOCKET"].replace("@", "\\0", 1))
notify.sendall(b"MAINPID=%d\\nREADY=1\\nSTATUS=serves" % os.getpid())
while True:
    connection, _ = listener.accept()
    with connection:
        connection.recv(65536)
        body = str(os.getpid()).encode()
        connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n%s" % (len(body), body))
`;

test("hold --ready notify: a Python program, before and after a restart", inherited, async (context) => {
  if (!has(context, "python3")) return;
  const command = ["python3", "-c", python];
  const held = new HeldWorkers(context, "", ["--workers", "1", "--ready", "notify"], {}, command);
  await held.process.says(/\[1\] started True/);
  const [first] = await held.workers();
  assert.equal(first?.state, "starting");
  held.process.child.kill("SIGUSR1");
  await held.untilRestarted(0);
  assert.equal(await ask(held.port, false), `${first?.pid}`);
  held.process.child.kill("SIGUSR2");
  await held.process.says(/\[1\] started True/, 2);
  // The new one is not ready yet, so the first one keeps serving.
  assert.equal(await ask(held.port, false), `${first?.pid}`);
  await held.stop();
});

test(
  "hold --ready notify: systemd-notify, which waits until it has been heard",
  inherited,
  async (context) => {
    if (!has(context, "systemd-notify")) return;
    const script = `echo started; systemd-notify --ready && echo heard; exec sleep 1000`;
    const command = ["sh", "-c", script];
    const held = new HeldWorkers(context, "", ["--workers", "1", "--ready", "notify"], {}, command);
    await held.process.says(/\[1\] heard/);
    await held.untilRestarted(0);
    await held.stop();
  },
);
