import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { assertFails, conformance, documentedErrors } from "../../test/conformance.ts";
import { except } from "../../test/platform.ts";
import { getprotobyname, getprotobynameErrors, tryGetprotobyname } from "./getprotobyname.ts";
import { getservbyname, getservbynameErrors, tryGetservbyname } from "./getservbyname.ts";

const windows = "it reads /etc/services, and Windows has no such call here";

/** The entries of a table, split into words; empty if the system lacks the table. */
function entries(path: string): string[][] {
  try {
    const lines = readFileSync(path, "utf8").split("\n");
    return lines
      .map((line) => line.replace(/#.*/, "").trim().split(/\s+/))
      .filter(({ length }) => length > 1);
  } catch {
    return [];
  }
}

conformance("getservbyname", [
  {
    clause: "every service of the table, by its name and by others, with its protocol",
    source: "POSIX getservbyname(3p), DESCRIPTION; services(5)",
    except: { windows },
    run(fixture) {
      const services = entries("/etc/services");
      if (services.length === 0) return fixture.skip("this system has no /etc/services");
      for (const [name = "", at = "", ...aliases] of services.slice(0, 200)) {
        const [port, protocol = ""] = at.split("/");
        // The first entry with a name wins.
        const first = services.find(([other, where]) => other === name && where?.endsWith(`/${protocol}`));
        if (first?.[1] !== at) continue;
        assert.deepEqual(getservbyname(name, protocol), { name, port: Number(port), protocol });
        const [alias] = aliases;
        if (alias !== undefined) assert.ok(tryGetservbyname(alias, protocol).ok, alias);
      }
    },
  },
  {
    clause: "a name that is not there, or not of this protocol, is NotFound",
    source: "POSIX getservbyname(3p), RETURN VALUE",
    except: { windows },
    run() {
      assertFails(tryGetservbyname("no-such-service"), "NotFound", "ENOENT");
      const error = assertFails(tryGetservbyname("http", "no-such-protocol"), "NotFound", "ENOENT");
      assert.match(error.message, /"http" "no-such-protocol"/);
      assertFails(tryGetservbyname(""), "NotFound", "ENOENT");
    },
  },
  ...documentedErrors(getservbynameErrors, (system) => tryGetservbyname("http", null, { system })),
]);

conformance("getprotobyname", [
  {
    clause: "every protocol of the table, by its name and by others",
    source: "POSIX getprotobyname(3p), DESCRIPTION; protocols(5)",
    except: { windows, musl: "musl's protocols are its own, without other names" },
    run(fixture) {
      const protocols = entries("/etc/protocols");
      if (protocols.length === 0) return fixture.skip("this system has no /etc/protocols");
      for (const [name = "", number, ...aliases] of protocols) {
        const first = protocols.find((each) => each.includes(name));
        if (first?.[0] !== name) continue;
        for (const each of [name, ...aliases.slice(0, 1)]) {
          assert.deepEqual(getprotobyname(each).protocol, Number(number), each);
        }
      }
    },
  },
  {
    clause: "a name that is not there is NotFound",
    source: "POSIX getprotobyname(3p), RETURN VALUE",
    except: { windows },
    run: () => void assertFails(tryGetprotobyname("no-such-protocol"), "NotFound", "ENOENT"),
  },
  ...documentedErrors(getprotobynameErrors, (system) => tryGetprotobyname("tcp", { system })),
]);

test("rejects a name with a NUL, which C would truncate", except({}), () => {
  for (const call of [
    () => getservbyname("http\0x"),
    () => getservbyname("http", "tcp\0x"),
    () => getprotobyname("tcp\0x"),
  ]) {
    assert.throws(call, { code: "ERR_INVALID_ARG_VALUE" });
  }
});

test(
  "worker threads that look up names at the same time get their own answers",
  except({ windows, musl: "musl's getprotobyname() is not safe in several threads" }),
  async (context) => {
    const [services, protocols] = ["/etc/services", "/etc/protocols"].map(entries);
    const has = (name: string, table: string[][] = []) => table.some(([first]) => first === name);
    if (!has("domain", services) || !has("udp", protocols)) {
      context.skip("this system has no tables of services and protocols");
      return;
    }
    const answers = [
      ["http", 80, "tcp", 6],
      ["domain", 53, "udp", 17],
      ["ssh", 22, "icmp", 1],
      ["smtp", 25, "ipv6-icmp", 58],
    ].map(async (workerData) => {
      const worker = new Worker(new URL("./netdb-threads.child.js", import.meta.url), { workerData });
      const [answer] = await once(worker, "message");
      return answer;
    });
    assert.deepEqual(await Promise.all(answers), ["done", "done", "done", "done"]);
  },
);
