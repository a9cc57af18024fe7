import assert from "node:assert/strict";
import { test } from "node:test";
import { print, printedByC } from "../../../test/c-program.ts";
import { controls } from "./controls.ts";
import { familyConstants } from "./family-constants.ts";
import { options } from "./options.ts";

const headers = [
  ...["stdint.h", "netinet/in.h"],
  ...[
    "can",
    "can/bcm",
    "can/isotp",
    "can/j1939",
    "can/raw",
    "if_alg",
    "if_xdp",
    "kcm",
    "llc",
    "rds",
    "sctp",
    "tipc",
  ].map((name) => `linux/${name}.h`),
];

/** The names in C, where they are not the group's with an underscore; undefined: not exported. */
const cNames: Readonly<Record<string, (name: string) => string | undefined>> = {
  BDADDR: () => undefined,
  BTPROTO: () => undefined,
  BT_MODE: () => undefined,
  BT_PHY: () => undefined,
  BT_SECURITY: () => undefined,
  BT_VOICE: () => undefined,
  CAN_BCM: (name) => name,
  CAN_ISOTP_FLAG: (name) => `CAN_ISOTP_${name}`,
  HCI_CHANNEL: () => undefined,
  // ~0.
  RDS_TRANS: (name) => (name === "NONE" ? undefined : `RDS_TRANS_${name}`),
  SCTP_ASSOC: (name) => `SCTP_${name}_ASSOC`,
  SCTP_EVENT: (name) => `SCTP_${name}`,
  SCTP_FLAG: (name) => `SCTP_${name}`,
  SCTP_PR: (name) => `SCTP_PR_SCTP_${name}`,
  SCTP_SAC: (name) => `SCTP_${name}`,
  SCTP_SN_ERROR: (name) => `SCTP_${name}`,
  SCTP_SPC: (name) => `SCTP_${name}`,
  SCTP_SPINFO: (name) => `SCTP_${name}`,
  SCTP_SPP: (name) => `SPP_${name}`,
  // Linux 6.4.
  SCTP_SS: (name) => (name === "FC" || name === "WFQ" ? undefined : `SCTP_SS_${name}`),
  SCTP_STATE: (name) => `SCTP_${name}`,
  TIPC_EVENT: (name) => `TIPC_${name}`,
  TIPC_IMPORTANCE: (name) => `TIPC_${name}_IMPORTANCE`,
  TIPC_SCOPE: (name) => `TIPC_${name}_SCOPE`,
  TIPC_SERVICE: (name) => `TIPC_${name}`,
  TIPC_SUBSCRIPTION: (name) => `TIPC_SUB_${name}`,
  // Linux 6.6.
  XDP: (name) => (name === "USE_SG" ? undefined : `XDP_${name}`),
};

/** A macro of Linux 6.2. */
const newer = new Set(["ALG_SET_KEY_BY_KEY_SERIAL"]);

test("family-constants.ts has the numbers of the headers", (context) => {
  const flat = Object.entries(familyConstants).flatMap(
    ([group, values]: [string, Readonly<Record<string, number>>]) =>
      Object.entries(values).flatMap(([name, number]) => {
        const cName = group in cNames ? cNames[group]?.(name) : `${group}_${name}`;
        return cName === undefined ? [] : [[cName, number] as const];
      }),
  );
  const printed = printedByC(
    context,
    headers,
    flat.map(([name]) => print(name, `(unsigned) ${name}`)),
  );
  if (printed === undefined) return;
  for (const [name, number] of flat) assert.equal(printed.get(name), number, name);
});

test("options and control messages of families have the numbers of the headers", (context) => {
  const levels: readonly (readonly [RegExp, string])[] = [
    [/^ALG_/, "SOL_ALG"],
    [/^CAN_ISOTP_/, "SOL_CAN_ISOTP"],
    [/^CAN_RAW_/, "SOL_CAN_RAW"],
    [/^KCM_/, "SOL_KCM"],
    [/^LLC_/, "SOL_LLC"],
    [/^(SO_)?RDS_/, "SOL_RDS"],
    [/^(SO|SCM)_J1939_/, "SOL_CAN_J1939"],
    [/^TIPC_/, "SOL_TIPC"],
  ];
  const levelOf = (name: string) => levels.find(([pattern]) => pattern.test(name))?.[1];
  const ofFamilies = Object.entries({ ...options, ...controls }).filter(
    ([name]) => levelOf(name) !== undefined,
  );
  const printed = printedByC(context, headers, [
    ...ofFamilies.map(([name]) =>
      newer.has(name) ? `\n#ifdef ${name}\n${print(name, name)}\n#endif` : print(name, name),
    ),
    ...levels.map(([, level]) => print(level, level)),
  ]);
  if (printed === undefined) return;
  for (const [name, { level, number }] of ofFamilies) {
    if (newer.has(name) && !printed.has(name)) context.diagnostic(`${name}: not in these headers`);
    else assert.equal(number, printed.get(name), name);
    assert.equal(level, printed.get(levelOf(name) ?? ""), `the level of ${name}`);
  }
});

for (const [group, values] of Object.entries(familyConstants)) {
  test(`${group} of family-constants.ts is sorted by C name`, () => {
    assert.deepEqual(Object.keys(values), Object.keys(values).toSorted());
  });
}
