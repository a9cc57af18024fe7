import { invalidString, quoted } from "../errors/argument.ts";
import { currentSystem } from "../system/current.ts";
import { host } from "../system/host.ts";
import type { Engine, EngineChoice, EngineName } from "./engine.ts";
import { engineChannel } from "./engine-channel.ts";
import { provideEngine } from "./engines.ts";
import { readiness, readinessLacks } from "./readiness/on-machine.ts";
import { uring, uringLacks } from "./uring/uring.ts";

/** An engine, and how to find the reason it is unavailable here (undefined if it is available). */
interface Candidate {
  readonly engine: Engine;
  lacks(again?: boolean): string | undefined;
}

/** Best first. */
const candidates: Readonly<Record<EngineName, Candidate>> = {
  uring: { engine: uring, lacks: uringLacks },
  readiness: { engine: readiness, lacks: readinessLacks },
};
const names: readonly EngineName[] = ["uring", "readiness"];

/**
 * Returns the engine that `engine()` would use, and the reason.
 *
 * @param wanted the engine to use
 * @throws TypeError if there is no engine of that name
 * @throws Error if the requested engine (by argument or by the environment variable
 * BERKELEY_ENGINE) is unavailable
 */
export function engineChoice(wanted?: EngineName): EngineChoice {
  if (wanted !== undefined) {
    if (!names.includes(wanted))
      throw invalidString(wanted, `engine must be ${names.join(" or ")}, not ${quoted(wanted)}`);
    if (currentSystem() === host)
      return must(wanted, "the program requested it", `the requested engine, ${wanted}, is unavailable`);
  }
  if (currentSystem() !== host) return { name: "readiness", reason: "the host is simulated" };
  const fromEnvironment = process.env.BERKELEY_ENGINE;
  if (fromEnvironment !== undefined && fromEnvironment !== "") {
    const name = names.find((each) => each === fromEnvironment);
    if (name === undefined)
      throw failure(
        "ERR_INVALID_ARG_VALUE",
        `BERKELEY_ENGINE is "${fromEnvironment}"; it must be ${names.join(" or ")}`,
      );
    return must(name, "BERKELEY_ENGINE requests it", `BERKELEY_ENGINE is ${name}, which is unavailable`);
  }
  const missing = uringLacks();
  if (missing === undefined) return { name: "uring", reason: "the kernel has every io_uring feature needed" };
  const reason = `io_uring is unavailable: ${missing}`;
  return must("readiness", reason, `${reason}; readiness is unavailable too`);
}

/** This thread's engine. The arguments and errors are those of `engineChoice()`. */
export function engine(wanted?: EngineName): Engine {
  const choice = engineChoice(wanted);
  if (engineChannel.hasSubscribers) engineChannel.publish(choice);
  return candidates[choice.name].engine;
}

/** @param otherwise how the message starts if the engine is unavailable; the reason follows */
function must(name: EngineName, reason: string, otherwise: string): EngineChoice {
  const missing = candidates[name].lacks(true);
  if (missing !== undefined) throw failure("ERR_FEATURE_UNAVAILABLE_ON_PLATFORM", `${otherwise}: ${missing}`);
  return { name, reason };
}

provideEngine(host, engine);

const failure = (code: string, message: string): Error => Object.assign(new Error(message), { code });
