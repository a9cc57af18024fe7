/** TLS with a key that both sides have, in place of a certificate. */
const psk = Buffer.alloc(32, 1);
const settings = { ciphers: "PSK", maxVersion: "TLSv1.2" } as const;

export const pskServer = { ...settings, pskIdentityHint: "server", pskCallback: () => psk };

export const pskClient = {
  ...settings,
  pskCallback: () => ({ psk, identity: "client" }),
  checkServerIdentity: () => undefined,
};
