import { everySuite } from "../../../test/engine/every-suite.ts";
import { uring } from "./uring.ts";

everySuite(uring);
