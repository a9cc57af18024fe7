import { release } from "node:os";
import { test } from "node:test";
import { Sequence, step } from "../../../test/simulated/random-sequence.ts";
import "../../system/host.ts";
import { constants } from "../../system/linux/constants.ts";
import { options } from "../../system/linux/options.ts";

// Random calls on the kernel and on a simulated host, result by result. BERKELEY_RANDOM_CALLS is
// how many sequences of 60 calls there are of each kind of socket.

const { AF, SOCK } = constants;
const SEQUENCES = Number(process.env.BERKELEY_RANDOM_CALLS ?? 100);

const isLinux618 = process.platform === "linux" && release().startsWith("6.18.");

function unixSequence(seed: number): void {
  const sequence = new Sequence(seed, "unix");
  const { random } = sequence;
  for (let count = 0; count < 60; count += 1) {
    const name = `\0berkeley ${process.pid} ${seed} ${sequence.pick(["a", "b", "c"])}`;
    const choice = sequence.descriptors.length < 2 ? 0 : random.below(14);
    if (choice === 0 && sequence.descriptors.length < 9) {
      const type = sequence.pick([SOCK.STREAM, SOCK.DGRAM, SOCK.SEQPACKET]) ?? SOCK.STREAM;
      if (random.chance(0.5))
        sequence.open(`socket ${type}`, ({ system }) => [system.socket(AF.UNIX, type, 0, 3)]);
      else
        sequence.open(`pair ${type}`, ({ system }) => {
          const fds = new Int32Array(2);
          system.socketpair(AF.UNIX, type, 0, fds, 3);
          return [...fds];
        });
    } else if (choice === 1) {
      const backlog = random.below(3);
      sequence.same(`listen ${backlog}`, ({ system }, fd) => system.listen(fd, backlog));
    } else if (choice === 2) sequence.accept();
    else step(sequence, name, (text) => text);
  }
  sequence.close();
}

const HOSTS = ["127.0.0.1:", "127.0.0.2:", "[::1]:", "[::ffff:127.0.0.1]:", "0.0.0.0:", "[::]:"];
const FLAGS = [options.SO_REUSEADDR, options.IPV6_V6ONLY, options.SO_ERROR, options.SO_BROADCAST];

function udpSequence(seed: number): void {
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

test(`${SEQUENCES} random sequences on unix sockets are as on Linux 6.18`, { skip: !isLinux618 }, () => {
  for (let seed = 1; seed <= SEQUENCES; seed += 1) unixSequence(seed);
});

test(`${SEQUENCES} random sequences on UDP sockets are as on Linux 6.18`, { skip: !isLinux618 }, () => {
  for (let seed = 1; seed <= SEQUENCES; seed += 1) udpSequence(seed);
});
