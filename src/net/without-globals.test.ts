import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { except } from "../../test/platform.ts";

test(
  "without TextEncoder and TextDecoder, as under Jest's jsdom",
  except({ windows: "no unix sockets for datagrams" }),
  () => {
    execFileSync(process.execPath, [fileURLToPath(new URL("./without-globals.child.js", import.meta.url))]);
  },
);
