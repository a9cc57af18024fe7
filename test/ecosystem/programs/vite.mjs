import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer } from "vite";
import { announce } from "./limits.mjs";

const root = mkdtempSync(join(tmpdir(), "vite-"));
writeFileSync(join(root, "index.html"), '<script type="module" src="/main.ts"></script>');
writeFileSync(join(root, "main.ts"), "export const answer: number = 42;\n");
process.once("exit", () => rmSync(root, { recursive: true }));

const vite = await createServer({ root, logLevel: "error", server: { host: "127.0.0.1", port: 0 } });
announce(vite.httpServer);
await vite.listen();
