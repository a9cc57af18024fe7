// Debian's nginx with one process and sendfile. nginx.mjs FOLDER
import { runConfigured } from "../configured.mjs";

await runConfigured(
  "nginx",
  ["-c"],
  (port, folder) => `daemon off;
master_process off;
pid ${folder}/pid;
error_log stderr crit;
events { worker_connections 4096; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 100000000;
  open_file_cache max=16;
  client_body_temp_path ${folder};
  proxy_temp_path ${folder};
  fastcgi_temp_path ${folder};
  scgi_temp_path ${folder};
  uwsgi_temp_path ${folder};
  server { listen 127.0.0.1:${port} backlog=4096; root ${process.argv[2]}; }
}
`,
);
