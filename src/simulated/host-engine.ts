import type { Engine, EngineChoice } from "../engine/engine.ts";
import { engineChannel } from "../engine/engine-channel.ts";
import { provideEngine } from "../engine/engines.ts";
import { QueuePoller } from "../engine/readiness/queue-poller.ts";
import { ReadinessEngine } from "../engine/readiness/readiness.ts";
import type { System } from "../system/system.ts";
import { handlersIn, type Scope } from "./context.ts";
import type { ProgramHost } from "./host/program-host.ts";

const choice: EngineChoice = { name: "readiness", reason: "the host is simulated" };

/** Simulated time does not depend on what keeps a process running. */
const onLoop = { ref() {}, unref() {}, stop() {} };

/**
 * Sets the engine of a host's present System: the readiness engine over the host's queue, whose
 * handlers run on the host. It is used whichever engine a program requests.
 *
 * @param base the async context that handlers run in
 */
export function provideHostEngine(
  host: ProgramHost,
  scope: Scope & { readonly system: System },
  base: (call: () => void) => void,
): void {
  const engine: Engine = new ReadinessEngine(
    scope.system,
    (awake) => {
      const queue = host.openReadinessQueue(awake);
      return typeof queue === "number" ? queue : new QueuePoller(queue, onLoop);
    },
    (turn) => handlersIn(scope, base, turn),
  );
  provideEngine(scope.system, () => {
    if (engineChannel.hasSubscribers) engineChannel.publish(choice);
    return engine;
  });
}
