// Prints a line for each event of a test file, so that one that hangs is seen to, and ends its
// process at the first failure: one failing test kills a mutant.
export default async function* report(events) {
  for await (const { type, data } of events) {
    const expected = data.skip !== undefined || data.todo !== undefined;
    if (type === "test:fail" && !expected) {
      // Standard output is a pipe here, which Node writes synchronously.
      const message = messageOf(data.details?.error).replaceAll("\n", "\n    ");
      process.stdout.write(`failed: ${data.name}\n    ${message}\n`);
      process.exit(1);
    }
    yield `${type}\n`;
  }
}

function messageOf(error) {
  return String(error?.cause?.stack ?? error?.cause ?? error).slice(0, 3000);
}
