import { readFileSync } from "node:fs";

/** A certificate for localhost, which the test has made. */
export const certificate = {
  key: readFileSync(process.env.TEST_KEY),
  cert: readFileSync(process.env.TEST_CERTIFICATE),
};
