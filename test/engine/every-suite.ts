import type { Engine } from "../../src/engine/engine.ts";
import { acceptorSuite } from "./acceptor-suite.ts";
import { connectSuite } from "./connect-suite.ts";
import { datagramsSuite } from "./datagrams-suite.ts";
import { lifeSuite } from "./life-suite.ts";
import { releaseSuite } from "./release-suite.ts";
import { streamSuite } from "./stream-suite.ts";
import { textSuite } from "./text-suite.ts";

/** Every suite that an engine must pass. */
export function everySuite(engine: Engine): void {
  acceptorSuite(engine);
  connectSuite(engine);
  datagramsSuite(engine);
  lifeSuite(engine);
  releaseSuite(engine);
  streamSuite(engine);
  textSuite(engine);
}
