import { streamSuite } from "../../conformance/engine/stream-suite.ts";
import { readiness } from "./readiness.ts";

streamSuite(readiness);
