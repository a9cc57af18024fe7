import { streamSuite } from "../../conformance/engine/stream-suite.ts";
import { uring } from "./uring.ts";

streamSuite(uring);
