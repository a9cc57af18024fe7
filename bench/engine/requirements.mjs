// The requirements of some scenarios besides the runtimes, installed or created in .cache/bench/ if
// missing.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "../../scripts/install-and-build.mjs";

const folder = join(root, ".cache/bench");

/** Fastify, in the version that the ecosystem check installs. */
export function installFastify() {
  const { dependencies } = JSON.parse(
    readFileSync(join(root, "test/ecosystem/programs/package.json"), "utf8"),
  );
  const installed = join(folder, "node_modules/fastify/package.json");
  if (existsSync(installed) && JSON.parse(readFileSync(installed, "utf8")).version === dependencies.fastify)
    return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), "{}\n");
  run("npm", ["install", "--no-save", `fastify@${dependencies.fastify}`], folder);
}

/** A key and a certificate for TLS, of the usual kind: ECDSA on P-256. */
export function createCertificate() {
  const key = join(folder, "key.pem");
  if (existsSync(key)) return;
  mkdirSync(folder, { recursive: true });
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const certificate = ["-subj", "/CN=localhost", "-days", "3650", "-out", join(folder, "certificate.pem")];
  run("openssl", ["req", "-x509", ...curve, ...certificate, "-keyout", key]);
}
