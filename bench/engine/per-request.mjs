/**
 * A sample: the rate by the clock, and request times in nanoseconds. `user`, `system` and `cpu` are
 * the server's processor time; `busy` and `load` are the shares of time in which the server and the
 * load were running.
 */
export function perRequest({ requests, seconds, p50, p99, user, system, cpu = user + system, load }) {
  const nanoseconds = (time) => Math.round((time / requests) * 1e9);
  // The total of a process is exact; its division comes from clock ticks.
  const share = user + system > 0 ? user / (user + system) : 0;
  return {
    rate: Math.round(requests / seconds),
    p50,
    p99,
    user: nanoseconds(cpu * share),
    system: nanoseconds(cpu * (1 - share)),
    cpu: nanoseconds(cpu),
    busy: hundredths(cpu / seconds),
    ...(load === undefined ? {} : { load: hundredths(load / seconds) }),
  };
}

const hundredths = (value) => Math.round(value * 100) / 100;
