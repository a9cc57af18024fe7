import { acceptorSuite } from "../../../test/engine/acceptor-suite.ts";
import { connectSuite } from "../../../test/engine/connect-suite.ts";
import { datagramsSuite } from "../../../test/engine/datagrams-suite.ts";
import { lifeSuite } from "../../../test/engine/life-suite.ts";
import { releaseSuite } from "../../../test/engine/release-suite.ts";
import { streamSuite } from "../../../test/engine/stream-suite.ts";
import { textSuite } from "../../../test/engine/text-suite.ts";
import { readiness } from "./on-machine.ts";

acceptorSuite(readiness);
connectSuite(readiness);
datagramsSuite(readiness);
lifeSuite(readiness);
releaseSuite(readiness);
streamSuite(readiness);
textSuite(readiness);
