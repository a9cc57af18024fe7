import assert from "node:assert/strict";
import { test } from "node:test";
import { isLocalhost } from "./localhost.ts";

test("localhost, and names below it, are the loopback addresses", () => {
  for (const name of ["localhost", "LocalHost", "localhost.", "app.localhost"])
    assert.equal(isLocalhost(name), true);
  for (const name of ["localhost.example", "mylocalhost", "127.0.0.1"])
    assert.equal(isLocalhost(name), false);
});
