import assert from "node:assert/strict";
import { test } from "node:test";
import { adviceForUser } from "./advice-for-user.ts";

const again = { message: "Ask as root, which sees every process.", command: "sudo berkeley why 80" };
const widen = { message: "Or let every user have it.", command: "sudo sysctl a=1" };
const choose = { message: "Choose another path." };

test("advises sudo to other users, never to root", () => {
  const root = adviceForUser([again, widen, choose], true);
  assert.deepEqual(root, [{ message: widen.message, command: "sysctl a=1" }, choose]);
  assert.deepEqual(adviceForUser([again, widen, choose], false), [again, widen, choose]);
});
