import assert from "node:assert/strict";
import { SCTP } from "../../src/options/sctp.ts";
import { getsockopt } from "../../src/posix/getsockopt.ts";
import type { Socket } from "../../src/posix/owned-socket.ts";
import { recv } from "../../src/posix/recv.ts";
import { SCTP_AUTH, SCTP_EVENT } from "../../src/posix/sctp-constants.ts";
import { sendmsg } from "../../src/posix/sendmsg.ts";
import { setsockopt, trySetsockopt } from "../../src/posix/setsockopt.ts";
import { assertFails } from "../conformance.ts";
import type { Fixture } from "../fixture.ts";
import { type OptionRow, observed, roundTrip } from "../round-trip.ts";
import { notification, oneToMany, sctpConnection, withSctp } from "./fixture.ts";

/** The chunk DATA (RFC 9260, 3.2). */
const DATA = 0;

/** A socket that can authenticate. */
function authenticating(fixture: Fixture): Socket {
  const socket = oneToMany(fixture);
  setsockopt(socket, SCTP.AUTH_SUPPORTED, { value: 1 });
  return socket;
}

/** Both ends of an association that authenticates data. */
const authenticated = (fixture: Fixture) =>
  sctpConnection(fixture, (socket) => {
    setsockopt(socket, SCTP.AUTH_SUPPORTED, { value: 1 });
    setsockopt(socket, SCTP.AUTH_CHUNK, DATA);
  });

/** The same, whose ends share key 1. */
function keyed(fixture: Fixture) {
  const ends = authenticated(fixture);
  for (const socket of [ends.client, ends.server]) {
    setsockopt(socket, SCTP.AUTH_KEY, { keynumber: 1, key: Buffer.from("secret") });
  }
  return ends;
}

function passes(
  client: Socket,
  server: Socket,
  control: Parameters<typeof sendmsg>[1]["control"] = [],
): void {
  sendmsg(client, { data: [Buffer.from("hello")], control });
  assert.equal(recv(server, new Uint8Array(16)), 5);
}

/** Rows of the options of authentication: RFC 4895. */
export const authenticationRows: readonly OptionRow[] = [
  roundTrip(SCTP.AUTH_SUPPORTED, oneToMany, { assocId: 0, value: 1 }),
  observed(
    SCTP.AUTH_CHUNK,
    "data is accepted only with authentication; without AUTH_SUPPORTED it is AccessDenied",
    (fixture) => {
      const { client, server } = authenticated(fixture);
      passes(client, server);
      assertFails(trySetsockopt(oneToMany(fixture), SCTP.AUTH_CHUNK, DATA), "AccessDenied", "EACCES");
      // INIT.
      assertFails(trySetsockopt(authenticating(fixture), SCTP.AUTH_CHUNK, 1), "InvalidArgument", "EINVAL");
    },
    { source: "RFC 6458, 8.3.2; sctp_setsockopt_auth_chunk in net/sctp/socket.c" },
  ),
  observed(
    SCTP.LOCAL_AUTH_CHUNKS,
    "has what AUTH_CHUNK added",
    (fixture) => {
      const socket = authenticating(fixture);
      const before = getsockopt(socket, SCTP.LOCAL_AUTH_CHUNKS);
      setsockopt(socket, SCTP.AUTH_CHUNK, DATA);
      assert.deepEqual(getsockopt(socket, SCTP.LOCAL_AUTH_CHUNKS), [...before, DATA]);
    },
    { source: "RFC 6458, 8.2.4" },
  ),
  observed(
    SCTP.PEER_AUTH_CHUNKS,
    "has what the peer requires",
    (fixture) => {
      const { client, server } = authenticated(fixture);
      assert.deepEqual(getsockopt(client, SCTP.PEER_AUTH_CHUNKS), getsockopt(server, SCTP.LOCAL_AUTH_CHUNKS));
      assert.ok(getsockopt(client, SCTP.PEER_AUTH_CHUNKS).includes(DATA));
    },
    { source: "RFC 6458, 8.2.3" },
  ),
  // SHA-256 and SHA-1, by their numbers, since only Linux has SCTP_AUTH.
  roundTrip(SCTP.HMAC_IDENT, authenticating, [3, 1]),
  observed(
    SCTP.HMAC_IDENT,
    "SHA-1 alone is enough, and must be there",
    (fixture) => {
      const socket = authenticating(fixture);
      const onlySha1 = [SCTP_AUTH.HMAC_ID_SHA1];
      setsockopt(socket, SCTP.HMAC_IDENT, onlySha1);
      assert.deepEqual(getsockopt(socket, SCTP.HMAC_IDENT), onlySha1);
      for (const wrong of [[], [SCTP_AUTH.HMAC_ID_SHA256]]) {
        assertFails(trySetsockopt(socket, SCTP.HMAC_IDENT, wrong), "InvalidArgument", "EINVAL");
      }
    },
    { source: "RFC 4895, 3.3; sctp_auth_ep_set_hmacs in net/sctp/auth.c" },
  ),
  observed(
    SCTP.AUTH_KEY,
    "a message is authenticated with the key that SCTP_AUTHINFO names",
    (fixture) => {
      const { client, server } = keyed(fixture);
      passes(client, server, [{ type: "SCTP_AUTHINFO", keynumber: 1 }]);
    },
    { source: "RFC 6458, 8.3.3 and 5.3.8" },
  ),
  observed(
    SCTP.AUTH_KEY,
    "a key may be empty",
    (fixture) => {
      const { client, server } = authenticated(fixture);
      for (const socket of [client, server]) {
        setsockopt(socket, SCTP.AUTH_KEY, { keynumber: 1, key: new Uint8Array(0) });
      }
      passes(client, server, [{ type: "SCTP_AUTHINFO", keynumber: 1 }]);
    },
    { source: "sctp_setsockopt_auth_key in net/sctp/socket.c, which rejects only a shorter structure" },
  ),
  observed(
    SCTP.AUTH_ACTIVE_KEY,
    "messages are authenticated with it; a key that there is not is InvalidArgument",
    (fixture) => {
      const { client, server } = keyed(fixture);
      assert.equal(getsockopt(client, SCTP.AUTH_ACTIVE_KEY).keynumber, 0);
      setsockopt(client, SCTP.AUTH_ACTIVE_KEY, { keynumber: 1 });
      assert.equal(getsockopt(client, SCTP.AUTH_ACTIVE_KEY, {}).keynumber, 1);
      passes(client, server);
      assertFails(trySetsockopt(client, SCTP.AUTH_ACTIVE_KEY, { keynumber: 9 }), "InvalidArgument", "EINVAL");
    },
    { source: "RFC 6458, 8.1.13" },
  ),
  observed(
    SCTP.AUTH_DEACTIVATE_KEY,
    "the program is told when the key can be deleted",
    (fixture) => {
      const { client } = keyed(fixture);
      setsockopt(client, SCTP.EVENT, { type: SCTP_EVENT.AUTHENTICATION_EVENT, on: true });
      setsockopt(client, SCTP.AUTH_DEACTIVATE_KEY, { keynumber: 1 });
      const event = notification(client);
      assert.ok(event.type === "SCTP_AUTHENTICATION_EVENT");
      assert.deepEqual([event.keynumber, event.indication], [1, SCTP_AUTH.FREE_KEY]);
      setsockopt(client, SCTP.AUTH_DELETE_KEY, { keynumber: 1 });
    },
    { source: "RFC 6458, 8.3.4 and 6.1.8" },
  ),
  observed(
    SCTP.AUTH_DELETE_KEY,
    "the key in use stays, and another goes",
    (fixture) => {
      const { client } = keyed(fixture);
      setsockopt(client, SCTP.AUTH_DELETE_KEY, { keynumber: 1 });
      for (const option of [SCTP.AUTH_DELETE_KEY, SCTP.AUTH_ACTIVE_KEY]) {
        assertFails(trySetsockopt(client, option, { keynumber: 1 }), "InvalidArgument", "EINVAL");
      }
      assertFails(trySetsockopt(client, SCTP.AUTH_DELETE_KEY, { keynumber: 0 }), "InvalidArgument", "EINVAL");
    },
    { source: "RFC 6458, 8.3.5" },
  ),
].map(withSctp);
