import type { AddressInput } from "../address/address.ts";
import type { Timer } from "../clock/clock.ts";
import { isError } from "../errors/is-error.ts";
import { SocketError } from "../errors/socket-error.ts";
import type { Socket } from "../posix/owned-socket.ts";
import { onAbort, type WaitOptions } from "./abort.ts";
import { type AttemptSettings, ConnectAttempt } from "./connection/connect-attempt.ts";

/** The Connection Attempt Delay that RFC 8305, section 8, recommends, in milliseconds. */
const ATTEMPT_DELAY = 250;

/**
 * The errors of all addresses of a name. The code is that of the first, as in node:net
 * (NodeAggregateError in lib/internal/errors.js).
 */
export function failureOf(
  name: string,
  addresses: readonly AddressInput[],
  errors: readonly unknown[],
): AggregateError {
  const codes = errors.map(codeOf);
  const code = codes.find((each) => each !== undefined) ?? "UNKNOWN";
  const tried = addresses.map((address) => ("address" in address ? String(address.address) : address.family));
  const [first] = addresses;
  const port = first !== undefined && "port" in first ? first.port : 0;
  const others = [...new Set(codes)].filter((each) => each !== undefined && each !== code);
  const also = others.length === 0 ? "" : `, also ${others.join(", ")}`;
  const message = `connect ${code} ${name}:${port} (tried ${tried.join(", ")}${also})`;
  return Object.assign(new AggregateError(errors, message), { code, syscall: "connect", port });
}

function codeOf(error: unknown): string | undefined {
  if (error instanceof SocketError) return error.code;
  const code = isError(error) && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}

/**
 * Connects to the first of several addresses that answers: tries the next one when the last has
 * failed, or after the delay.
 *
 * @param name the name that the addresses belong to, if any
 */
export function connectToFirst(
  found: Promise<readonly AddressInput[]>,
  settings: AttemptSettings,
  wait: WaitOptions,
  name: string | undefined,
): Promise<Socket> {
  const { clock } = settings.engine.system;
  return new Promise((resolve, reject) => {
    const attempts = new Set<ConnectAttempt>();
    const errors: unknown[] = [];
    let addresses: readonly AddressInput[] = [];
    let next = 0;
    let given = false;
    let timer: Timer | undefined;
    const stop = onAbort(clock, "connect()", wait, (reason) => {
      end();
      reject(reason);
    });
    function end() {
      given = true;
      stop();
      clock.clearTimeout(timer);
      for (const attempt of attempts) attempt.cancel();
    }
    function begin() {
      clock.clearTimeout(timer);
      const address = addresses[next++];
      if (address === undefined) return;
      const attempt = new ConnectAttempt(address, settings, (outcome) => {
        attempts.delete(attempt);
        if (outcome.ok) {
          end();
          resolve(outcome.socket);
        } else failed(outcome.error);
      });
      attempts.add(attempt);
      if (next < addresses.length) timer = clock.setTimeout(begin, ATTEMPT_DELAY);
    }
    function failed(error: unknown) {
      errors.push(error);
      if (next < addresses.length) {
        begin();
      } else if (attempts.size === 0) {
        end();
        reject(name === undefined ? error : failureOf(name, addresses, errors));
      }
    }
    found.then(
      (all) => {
        addresses = all;
        if (!given) begin();
      },
      (error: unknown) => {
        end();
        reject(error);
      },
    );
  });
}
