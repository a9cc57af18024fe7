// Run in a sandbox that tells nothing of sockets: prints what listeners() comes to.
import { listeners } from "./listeners.ts";

for (const all of [false, true]) {
  try {
    console.log(listeners({ all }).length);
  } catch (error) {
    console.log(String(error));
  }
}
