-- What wrk measured, as one line of JSON. Its times are in microseconds, ours in nanoseconds.
function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.timeout + errors.status
  print(string.format('{"requests":%d,"seconds":%.6f,"p50":%d,"p99":%d,"failed":%d}', summary.requests,
    summary.duration / 1e6, latency:percentile(50) * 1e3, latency:percentile(99) * 1e3, failed))
end
