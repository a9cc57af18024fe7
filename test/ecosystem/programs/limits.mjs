// Limits of every HTTP server here, low enough for a test to wait for them.
export const limits = { headersTimeout: 500, requestTimeout: 1500, connectionsCheckingInterval: 100 };

/** The most bytes that POST /small takes. */
export const SMALL = 1000;

/** Tells the test where the server listens, and ends with the test's SIGTERM. */
export function announce(server) {
  const report = () => {
    const address = server.address();
    console.log(`listening on ${typeof address === "string" ? address : address.port}`);
  };
  if (server.listening) report();
  else server.once("listening", report);
  process.once("SIGTERM", () => process.exit(0));
}
