import { constants } from "../../src/system/linux/constants.ts";
import { Sequence, step } from "./random-sequence.ts";

const { AF, SOCK } = constants;

/** Random calls on unix sockets of this machine and of a simulated host, result by result. */
export function unixSequence(seed: number): void {
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
