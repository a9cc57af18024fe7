// Runs in a sandbox that hides sockets: prints the result or error of listeners().
import { listeners } from "./listeners.ts";

for (const all of [false, true]) {
  try {
    console.log(listeners({ all }).length);
  } catch (error) {
    console.log(String(error));
  }
}
