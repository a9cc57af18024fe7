import assert from "node:assert/strict";
import type { Result } from "../src/errors/result.ts";
import type { SocketError } from "../src/errors/socket-error.ts";
import { Socket } from "../src/posix/owned-socket.ts";
import type { System } from "../src/system/system.ts";
import { LENGTH_SIZE, ValueResult } from "../src/system/value-result.ts";
import { windowsNumbers } from "../src/system/windows/numbers.ts";
import { windowsOver } from "../src/system/windows/windows.ts";
import type { ScriptedRow } from "./conformance.ts";
import { type ScriptedSocket, scriptedWinsock } from "./scripted/scripted-winsock.ts";
import { type Meaning, winsockErrors, wsa } from "./winsock-errors.ts";

/**
 * A row for every code that Microsoft's documents list for a call, on a Windows whose Winsock
 * returns it. The call gets a Socket of that system.
 */
export function winsockRows(
  call: string,
  make: (socket: Socket, system: System) => Result<unknown, SocketError>,
): ScriptedRow[] {
  const documented = winsockErrors[call];
  assert.ok(documented !== undefined, `no table of Winsock's codes for ${call}()`);
  return documented.codes.map(([code, meaning, socket]): ScriptedRow => {
    return {
      clause: `${code}${described(socket)}: ${meaning}`,
      source: `Winsock ${documented.function}, Return value`,
      script: {},
      play() {
        const failure = { function: documented.function, code: wsa[code], once: meaning === "made again" };
        const system = windowsOver(scriptedWinsock(failure, socket), false, buffer);
        using made = scriptedSocket(system, socket);
        check(make(made, system), code, meaning, call);
      },
    };
  });
}

const buffer = (size: number): ValueResult => new ValueResult(new ArrayBuffer(LENGTH_SIZE + size));

function scriptedSocket(system: System, { datagram = false }: ScriptedSocket = {}): Socket {
  const { AF, IPPROTO, SOCK } = system.constants;
  const [type, protocol] = datagram ? [SOCK.DGRAM, IPPROTO.UDP] : [SOCK.STREAM, IPPROTO.TCP];
  return Socket.adopt(system, 1000, AF.INET, type, protocol);
}

function check(
  result: Result<unknown, SocketError>,
  code: keyof typeof wsa,
  meaning: Meaning,
  call: string,
): void {
  if (meaning === "made again" || meaning === "succeeds") {
    assert.ok(result.ok, result.ok ? "" : result.error.message);
    return;
  }
  assert.ok(!result.ok, `${call} succeeded`);
  const { error } = result;
  assert.equal(error.name, meaning, error.message);
  assert.equal(error.code, codeOf(code, call));
  assert.equal(error.errno, -(windowsNumbers.errnos[error.code] ?? 0));
  assert.equal(error.syscall, call);
}

/** POSIX's and Node's C name for it. */
function codeOf(code: keyof typeof wsa, call: string): string {
  if (code === "WSAEWOULDBLOCK") return call === "connect" ? "EINPROGRESS" : "EAGAIN";
  return code in windowsNumbers.errnos ? code : code.slice("WSA".length);
}

function described(socket: ScriptedSocket | undefined): string {
  const words = Object.entries(socket ?? {}).map(([word, value]) =>
    value === true ? word : `${word} ${value}`,
  );
  return words.length === 0 ? "" : ` of a socket that is ${words.join(", ")}`;
}
