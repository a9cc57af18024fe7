import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Where the programs and their packages are installed, and what runs them.
 * scripts/check-ecosystem.mjs sets these for each column: a Node, an engine, and the preload or
 * none.
 */
export const folder = required("ECOSYSTEM_FOLDER");

/** The Node that runs the program under test. */
export const testedNode = required("ECOSYSTEM_NODE");

/**
 * The options that make it run on berkeley; none for stock Node, which shows that the test is
 * right.
 */
export const preload = (process.env.ECOSYSTEM_PRELOAD ?? "").split(" ").filter((word) => word !== "");

/** Whether the program runs on berkeley. */
export const onBerkeley = preload.length > 0;

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set; run npm run check:ecosystem`);
  return value;
}

/** A new key and certificate for localhost. */
export class Certificate {
  readonly folder = mkdtempSync(join(tmpdir(), "certificate-"));
  readonly key = join(this.folder, "key.pem");
  readonly certificate = join(this.folder, "certificate.pem");

  constructor() {
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
    const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    const files = ["-keyout", this.key, "-out", this.certificate];
    const run = spawnSync("openssl", ["req", "-x509", ...kind, ...files, ...subject], { encoding: "utf8" });
    assert.equal(run.status, 0, run.error?.message ?? run.stderr);
  }

  get environment(): Record<string, string> {
    return { TEST_KEY: this.key, TEST_CERTIFICATE: this.certificate };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
