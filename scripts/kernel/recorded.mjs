export function recordRun() {}
