// Reads one file to the end, and reports how long that took. get.mjs PORT NAME
import { connect } from "node:net";

const [, , port, name] = process.argv;
const buffer = Buffer.allocUnsafeSlow(1 << 20);
let rest = Number.POSITIVE_INFINITY;
let bytes = 0;
const started = process.hrtime.bigint();
const socket = connect({
  port: Number(port),
  host: "127.0.0.1",
  onread: { buffer, callback: received },
});
socket.write(`GET /${name} HTTP/1.1\r\nHost: localhost\r\n\r\n`);

function received(count) {
  if (rest === Number.POSITIVE_INFINITY) {
    const head = buffer.latin1Slice(0, Math.min(count, 4096));
    const length = Number(/content-length: (\d+)/i.exec(head)[1]);
    rest = length + head.indexOf("\r\n\r\n") + 4;
  }
  bytes += count;
  rest -= count;
  if (rest > 0) return true;
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  console.log(JSON.stringify({ bytes, seconds }));
  socket.destroy();
  return true;
}
