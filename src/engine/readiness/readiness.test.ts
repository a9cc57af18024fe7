import { acceptorSuite } from "../../conformance/engine/acceptor-suite.ts";
import { connectSuite } from "../../conformance/engine/connect-suite.ts";
import { datagramsSuite } from "../../conformance/engine/datagrams-suite.ts";
import { lifeSuite } from "../../conformance/engine/life-suite.ts";
import { streamSuite } from "../../conformance/engine/stream-suite.ts";
import { readiness } from "./readiness.ts";

acceptorSuite(readiness);
connectSuite(readiness);
datagramsSuite(readiness);
lifeSuite(readiness);
streamSuite(readiness);
