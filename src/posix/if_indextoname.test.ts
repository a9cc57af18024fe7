import assert from "node:assert/strict";
import { assertFails, conformance, documentedErrors } from "../../test/conformance.ts";
import { if_indextoname, if_indextonameErrors, tryIf_indextoname } from "./if_indextoname.ts";
import { if_nameindex } from "./if_nameindex.ts";

const POSIX = "POSIX if_indextoname(3p)";

conformance("if_indextoname", [
  {
    clause: "returns the name of the interface with an index",
    source: `${POSIX}, DESCRIPTION`,
    except: { windows: "Windows has no if_nameindex()" },
    run() {
      for (const { index, name } of if_nameindex()) {
        assert.equal(if_indextoname(index), name);
        assert.deepEqual(tryIf_indextoname(index), { ok: true, value: name });
      }
    },
  },
  {
    clause: "ENXIO: there is no such interface",
    source: `${POSIX}, ERRORS`,
    run() {
      for (const index of [0, 0x7fffffff, 0xffffffff]) {
        const error = assertFails(tryIf_indextoname(index), "DeviceNotFound", "ENXIO");
        assert.ok(error.message.includes(String(index)), error.message);
      }
    },
  },
  {
    clause: "a name of the greatest length is read up to its NUL",
    source: "netioapi.h, IF_NAMESIZE",
    script: {
      if_indextoname: [
        (_index, name) => {
          name.set(Buffer.from("x".repeat(256)));
          return 0;
        },
      ],
    },
    play: (system) => assert.equal(if_indextoname(1, { system }), "x".repeat(256)),
  },
  ...documentedErrors(if_indextonameErrors, (system) => tryIf_indextoname(1, { system })),
]);
