// Limits of every HTTP server here: short for the headers, so that a test can wait for the 408.
export const limits = { headersTimeout: 1000, requestTimeout: 60_000, connectionsCheckingInterval: 100 };

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
