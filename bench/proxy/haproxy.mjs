// HAProxy with one thread. haproxy.mjs TARGET-PORT
import { runConfigured } from "../configured.mjs";

await runConfigured(
  "haproxy",
  ["-db", "-q", "-f"],
  (port) => `global
  nbthread 1
  maxconn 4000
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen proxy
  bind 127.0.0.1:${port} backlog 4096
  server target 127.0.0.1:${process.argv[2]}
`,
);
