import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { assertFails, conformance, documentedErrors } from "../../test/conformance.ts";
import { inNetworkNamespace } from "../../test/network-namespace.ts";
import { runWithDescriptors } from "../../test/program.ts";
import { scriptedWinsock } from "../../test/scripted/scripted-winsock.ts";
import { LENGTH_SIZE, ValueResult } from "../system/value-result.ts";
import { windowsOver } from "../system/windows/windows.ts";
import { if_nameindex, if_nameindexErrors, tryIf_nameindex } from "./if_nameindex.ts";

const POSIX = "POSIX if_nameindex(3p)";
const windows = "Windows has no if_nameindex()";

conformance("if_nameindex", [
  {
    clause: "returns every interface once, with its index and its name",
    source: `${POSIX}, DESCRIPTION`,
    except: { windows },
    run() {
      const all = if_nameindex();
      assert.ok(all.length > 0);
      assert.equal(new Set(all.map(({ index }) => index)).size, all.length);
      assert.equal(new Set(all.map(({ name }) => name)).size, all.length);
      for (const name of Object.keys(networkInterfaces())) {
        assert.ok(
          all.some((each) => each.name === name),
          name,
        );
      }
    },
  },
  {
    clause: "interfaces that are down or have no address; a name of 15 bytes; one that is renamed, or goes",
    source: `${POSIX}, DESCRIPTION; netdevice(7), IFNAMSIZ`,
    except: { windows },
    run: (fixture) =>
      inNetworkNamespace(fixture, new URL("if_nameindex.child.js", import.meta.url), { ip: true }),
  },
  {
    clause:
      "EMFILE, of which glibc sometimes makes ENOENT: the calls open a descriptor of " +
      "their own, and none is left",
    source: "if_nameindex(3), ERRORS; __opensock in glibc's socket/opensock.c",
    except: {
      windows,
      musl: "musl's if_nameindex() reports ENOBUFS, whatever failed",
      darwin: "its C library asks with sysctl(), which needs no descriptor",
      freebsd: "its C library asks with sysctl(), which needs no descriptor",
    },
    run() {
      runWithDescriptors(100, new URL("interfaces-last-descriptor.child.js", import.meta.url));
    },
  },
  {
    clause: "Windows has no such call: OperationNotSupported",
    source: "netioapi.h",
    script: {},
    play() {
      const buffer = (size: number) => new ValueResult(new ArrayBuffer(LENGTH_SIZE + size));
      const system = windowsOver(scriptedWinsock({ function: "listen", code: 0 }), false, buffer);
      assertFails(tryIf_nameindex({ system }), "OperationNotSupported", "EOPNOTSUPP");
    },
  },
  ...documentedErrors(if_nameindexErrors, (system) => tryIf_nameindex({ system })),
]);
