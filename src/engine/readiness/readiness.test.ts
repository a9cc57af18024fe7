import { everySuite } from "../../../test/engine/every-suite.ts";
import { readiness } from "./on-machine.ts";

everySuite(readiness);
