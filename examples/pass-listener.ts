// Passes a listening socket to another process, which accepts from it. The parent keeps its own
// descriptor, and may exit.
//
//   node examples/pass-listener.ts
import { spawn } from "node:child_process";
import * as posix from "berkeley/posix";

const { AF, SOCK } = posix;
if (process.argv[2] === "child") child();
else parent();

function parent(): void {
  using listener = posix.socket(AF.INET, SOCK.STREAM);
  posix.bind(listener, { family: "ipv4", address: "127.0.0.1", port: 0 });
  posix.listen(listener, 16);
  const [ours, theirs] = posix.socketpair(AF.UNIX, SOCK.STREAM);
  // The child inherits its end as descriptor 3.
  spawn(process.execPath, [process.argv[1] ?? "", "child"], { stdio: [0, 1, 2, theirs.fd] });
  posix.close(theirs);
  posix.sendmsg(ours, { data: [Buffer.of(1)], control: [{ type: "SCM_RIGHTS", descriptors: [listener] }] });
  posix.close(ours);

  using client = posix.socket(AF.INET, SOCK.STREAM);
  posix.connect(client, posix.getsockname(listener));
  const answer = Buffer.alloc(100);
  console.log(`${process.pid} received: ${answer.toString("utf8", 0, posix.recv(client, answer))}`);
}

function child(): void {
  using channel = posix.Socket.from(3);
  const [rights] = posix.recvmsg(channel, { data: [new Uint8Array(1)] }).control;
  const listener = rights?.type === "SCM_RIGHTS" ? rights.descriptors[0] : undefined;
  if (!(listener instanceof posix.Socket)) throw new Error("no socket came");
  using connection = posix.accept(listener).socket;
  posix.send(connection, Buffer.from(`accepted by ${process.pid}`));
  posix.close(listener);
}
