import { constants } from "../../src/system/linux/constants.ts";
import { options } from "../../src/system/linux/options.ts";
import { Sequence, step } from "./random-sequence.ts";

const { AF, SOCK } = constants;

const HOSTS = ["127.0.0.1:", "127.0.0.2:", "[::1]:", "[::ffff:127.0.0.1]:", "0.0.0.0:", "[::]:"];
const FLAGS = [options.SO_REUSEADDR, options.IPV6_V6ONLY, options.SO_ERROR, options.SO_BROADCAST];

/** Random calls on UDP sockets of this machine and of a simulated host, result by result. */
export function udpSequence(seed: number): void {
  const sequence = new Sequence(seed, "udp");
  const { random } = sequence;
  const base = 20_000 + ((seed * 7) % 12_000);
  // Ports that nobody chose differ.
  const named = (text: string | number) =>
    typeof text === "number"
      ? text
      : text.replace(/:(\d+)$/, (all, port) =>
          Number(port) === 0 || Math.abs(Number(port) - base) < 3 ? all : ":any",
        );
  for (let count = 0; count < 60; count += 1) {
    const name = `${sequence.pick(HOSTS)}${base + random.below(3)}`;
    const choice = sequence.descriptors.length < 2 ? 0 : random.below(12);
    if (choice === 0 && sequence.descriptors.length < 9) {
      const family = random.chance(0.6) ? AF.INET : AF.INET6;
      sequence.open(`socket ${family}`, ({ system }) => [system.socket(family, SOCK.DGRAM, 0, 3)]);
    } else if (choice === 1) {
      const option = sequence.pick(FLAGS) ?? options.SO_ERROR;
      const value = random.below(2);
      sequence.same(`option ${option.number} ${value}`, (calls, fd) => [
        calls.setInt(fd, option, value),
        calls.getInt(fd, option),
      ]);
    } else step(sequence, name, named);
  }
  sequence.close();
}
