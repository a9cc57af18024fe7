import { constants } from "../../src/system/linux/constants.ts";
import { options } from "../../src/system/linux/options.ts";
import { Sequence, step } from "./random-sequence.ts";

const { AF, SOCK } = constants;
const CALLS = 60;
/** The ports of a sequence that programs choose; sequences of one namespace have their own. */
const PORTS = 3;
const SEQUENCES_PER_NAMESPACE = 10_000;
const FIRST_PORT = 1_024;

const HOSTS = [
  "127.0.0.1:",
  "127.0.0.1:",
  "127.0.0.2:",
  "[::1]:",
  "[::ffff:127.0.0.1]:",
  "0.0.0.0:",
  "[::]:",
];
const FLAGS = [
  options.SO_REUSEADDR,
  options.SO_REUSEPORT,
  options.IPV6_V6ONLY,
  options.SO_ERROR,
  options.SO_KEEPALIVE,
  options.SO_OOBINLINE,
  options.TCP_QUICKACK,
];

/** Random calls on TCP sockets of this machine and of a simulated host, result by result. */
export function tcpSequence(seed: number): void {
  // Ports that nobody chose come from elsewhere, and differ.
  const host = { sysctls: { "net.ipv4.ip_local_port_range": [40_000, 60_999] } };
  const sequence = new Sequence(seed, "tcp", host);
  const { random } = sequence;
  const base = FIRST_PORT + (seed % SEQUENCES_PER_NAMESPACE) * PORTS;
  const named = (text: string | number) =>
    typeof text === "number"
      ? text
      : text.replace(/:(\d+)$/, (all, port) => (Number(port) < 40_000 ? all : ":any"));
  for (let count = 0; count < CALLS; count += 1) {
    const name = `${sequence.pick(HOSTS)}${base + random.below(PORTS)}`;
    const choice = sequence.descriptors.length < 2 ? 0 : random.below(16);
    if (choice === 0 && sequence.descriptors.length < 9) {
      const family = random.chance(0.6) ? AF.INET : AF.INET6;
      // What Nagle's rule holds back comes when an acknowledgment does: the kernel's time passes.
      sequence.open(`socket ${family}`, (calls) => {
        const fd = calls.system.socket(family, SOCK.STREAM, 0, 3);
        calls.setInt(fd, options.TCP_NODELAY, 1);
        return [fd];
      });
    } else if (choice === 1) {
      const option = sequence.pick(FLAGS) ?? options.SO_ERROR;
      const value = random.below(2);
      sequence.same(`option ${option.number} ${value}`, (calls, fd) => [
        calls.setInt(fd, option, value),
        calls.getInt(fd, option),
      ]);
    } else if (choice === 2 || choice === 3) {
      const backlog = random.below(3);
      sequence.same(`listen ${backlog}`, ({ system }, fd) => system.listen(fd, backlog));
    } else if (choice === 4 || choice === 5) sequence.accept();
    else step(sequence, name, named);
  }
  sequence.close();
}
