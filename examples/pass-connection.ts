// Passes a net.Socket to another process, together with the data read so far. The other process
// answers the client.
//
//   node examples/pass-connection.ts
import { spawn } from "node:child_process";
import net from "node:net";
import { AF, close, getsockname, recvmsg, SOCK, Socket, sendmsg, socketpair } from "berkeley/posix";

if (process.argv[2] === "child") child();
else parent();

function parent(): void {
  const [ours, theirs] = socketpair(AF.UNIX, SOCK.STREAM);
  spawn(process.execPath, [process.argv[1] ?? "", "child"], { stdio: [0, 1, 2, theirs.fd] });
  close(theirs);
  const server = net.createServer((connection) => {
    connection.once("data", (read) => {
      sendmsg(ours, { data: [read], control: [{ type: "SCM_RIGHTS", descriptors: [connection] }] });
      close(ours);
      connection.destroy(); // closes only this process's descriptor
      server.close();
    });
  });
  server.listen(0, "127.0.0.1", () => {
    const address = getsockname(server);
    const client = net.connect("port" in address ? address.port : 0, "127.0.0.1").end("ann");
    client.on("data", (answer) => console.log(`${process.pid} received: ${answer}`));
  });
}

function child(): void {
  using channel = Socket.from(3);
  const read = Buffer.alloc(1000);
  const { bytes, control } = recvmsg(channel, { data: [read] });
  const connection = control[0]?.type === "SCM_RIGHTS" ? control[0].descriptors[0] : undefined;
  if (connection === undefined) throw new Error("no connection came");
  const name = read.toString("utf8", 0, bytes);
  new net.Socket({ fd: connection.detach() }).end(`hello ${name} from ${process.pid}`);
}
