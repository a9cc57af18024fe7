import assert from "node:assert/strict";
import { test } from "node:test";
import { except } from "../../test/platform.ts";
import { close } from "./close.ts";
import { AF, SOCK } from "./constants.ts";
import { Socket } from "./owned-socket.ts";
import { socket } from "./socket.ts";

test(
  "a descriptor that a Socket owns is not adopted by a second one",
  except({ windows: "descriptors are not numbered anew" }),
  () => {
    const first = socket(AF.INET, SOCK.STREAM);
    const { fd } = first;
    assert.throws(() => Socket.from(fd), { code: "ERR_INVALID_STATE", message: /belongs to another Socket/ });
    assert.equal(first.fd, fd);
    const again = Socket.from(first.detach());
    assert.throws(() => Socket.from(fd), { code: "ERR_INVALID_STATE" });
    close(again);
    assert.throws(() => Socket.from(fd), { name: "BadFileDescriptor" });
  },
);
