// Getters of an option's value may set other options, or throw.
import assert from "node:assert/strict";
import { conformance } from "../../test/conformance.ts";
import { IP } from "../options/ip.ts";
import { SO } from "../options/so.ts";
import { getsockopt } from "./getsockopt.ts";
import { setsockopt } from "./setsockopt.ts";

conformance("setsockopt getters", [
  {
    clause: "a getter that sets other options, of numbers and of objects, changes no value but theirs",
    source: "berkeley",
    run(fixture) {
      const [outer, inner, innermost] = [fixture.tcp(), fixture.tcp(), fixture.tcp()];
      setsockopt(outer, SO.LINGER, {
        get on() {
          setsockopt(inner, SO.LINGER, {
            on: true,
            get seconds() {
              setsockopt(innermost, SO.LINGER, { on: true, seconds: 7 });
              return 5;
            },
          });
          return true;
        },
        get seconds() {
          setsockopt(inner, SO.KEEPALIVE, true);
          return 3;
        },
      });
      assert.deepEqual(getsockopt(outer, SO.LINGER), { on: true, seconds: 3 });
      assert.deepEqual(getsockopt(inner, SO.LINGER), { on: true, seconds: 5 });
      assert.deepEqual(getsockopt(innermost, SO.LINGER), { on: true, seconds: 7 });
      assert.equal(getsockopt(inner, SO.KEEPALIVE), true);
    },
  },
  {
    clause: "an error thrown by a getter: one with a code names the option, any other is passed on unchanged",
    source: "berkeley",
    run(fixture) {
      const made = fixture.tcp();
      const throwing = (error: Error) => {
        return {
          get on(): boolean {
            throw error;
          },
          seconds: 1,
        };
      };
      const caught = (error: Error): unknown => {
        try {
          setsockopt(made, SO.LINGER, throwing(error));
        } catch (thrown) {
          return thrown;
        }
        return assert.fail("nothing was thrown");
      };
      for (const kind of [TypeError, RangeError]) {
        const plain = new kind("no such thing");
        assert.equal(caught(plain), plain);
        assert.equal(plain.message, "no such thing");
        const coded = caught(Object.assign(new kind("no such thing"), { code: "ERR_OWN" }));
        assert.ok(coded instanceof kind && "code" in coded && coded.code === "ERR_OWN");
        assert.equal(coded.message, "SO_LINGER: no such thing");
      }
      const other = new Error("another");
      assert.equal(caught(other), other);
      // The scratch memory has been released.
      setsockopt(made, SO.LINGER, { on: true, seconds: 2 });
      assert.deepEqual(getsockopt(made, SO.LINGER), { on: true, seconds: 2 });
      assert.throws(() => Reflect.apply(setsockopt, undefined, [made, IP.TTL, "1"]), {
        message: /^IP_TTL: /,
        code: "ERR_INVALID_ARG_TYPE",
      });
    },
  },
]);
