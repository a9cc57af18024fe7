/**
 * A sample: the rate by the clock, times of a request in nanoseconds. `user`, `system` and `cpu`
 * are what the server took of its processor; `busy` and `load` are the shares of the time that the
 * server and the load had theirs.
 */
export function perRequest({ requests, seconds, p50, p99, user, system, cpu = user + system, load }) {
  const nanoseconds = (time) => Math.round((time / requests) * 1e9);
  // What a process took in all is known exactly; how that divides is known from the ticks of the
  // clock.
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
