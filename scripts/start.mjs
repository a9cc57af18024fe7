// npm start -- ARGS is `berkeley ARGS`.
import { installAndBuild } from "./install-and-build.mjs";

installAndBuild();
await import("../dist/cli/main.js");
