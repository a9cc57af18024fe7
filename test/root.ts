import { fileURLToPath } from "node:url";

/** The root of the repository; this module runs from build/test/. */
export const root = fileURLToPath(new URL("../..", import.meta.url));
