// Tables of a report: rows of text, from the samples of a run.
import { median, ratio, summary } from "../figures.mjs";
import { aims } from "./aims.mjs";
import { scenarios } from "./scenarios.mjs";

/** The figures of each scenario: its title, and a row for each server. */
export function measured({ results, later = {} }) {
  return scenarios.flatMap(({ name, title }) => {
    const of = results.filter(({ scenario }) => scenario === name);
    if (of.length === 0) return [];
    const row = name === "idle" ? memoryRow : requestRow;
    const other =
      later[name] &&
      `${later[name].date.slice(0, 10)}, ${later[name].rounds} rounds of ${later[name].milliseconds} ms`;
    return [
      { title: [title, other].filter(Boolean).join("; "), rows: filled(of.map((result) => row(result, of))) },
    ];
  });
}

/** Without columns that are empty in every row. */
function filled(rows) {
  const has = (column) => rows.some((row) => row[column] !== "-");
  return rows.map((row) => Object.fromEntries(Object.entries(row).filter(([column]) => has(column))));
}

function requestRow(result, others) {
  const { server, own, samples } = result;
  const middle = (figure) => median(samples, figure);
  const against = (name) => times(ratio(samples, find(others, name)?.samples, "rate"));
  return {
    server,
    "thousand/s": (middle("rate") / 1000).toFixed(1),
    "p50 us": microseconds(middle("p50")),
    "p99 us": microseconds(middle("p99")),
    "user us": microseconds(middle("user"), 2),
    "system us": microseconds(middle("system"), 2),
    busy: percent(middle("busy")),
    load: percent(middle("load")),
    "× C epoll": against("c:epoll"),
    "× C recvmmsg": against("c:recvmmsg"),
    "× own": against(own),
    "× Bun": against("bun:listen"),
  };
}

function memoryRow(result, others) {
  const { server, own, samples } = result;
  return {
    server,
    "bytes per connection": `${summary(samples.map(({ bytes }) => bytes)).median}`,
    "× own": times(ratio(samples, find(others, own)?.samples, "bytes")),
  };
}

/** A row for each aim whose servers took part. */
export function reached({ results }) {
  return aims.flatMap(({ server, scenario, figure, against, least, most }) => {
    const of = results.filter((result) => result.scenario === scenario);
    const result = find(of, server);
    const name = against === "own" ? result?.own : against;
    const value =
      name === undefined ? absolute(result, figure) : ratio(result?.samples, find(of, name)?.samples, figure);
    if (value === undefined) return [];
    const met = least === undefined ? value <= most : value >= least;
    return [
      {
        server,
        scenario,
        figure,
        against: name ?? "-",
        aim: least === undefined ? `at most ${most}` : `at least ${least}`,
        measured: name === undefined ? `${value}` : value.toFixed(2),
        verdict: met ? "met" : "missed",
      },
    ];
  });
}

const find = (results, name) => results.find(({ server }) => server === name);

const absolute = (result, figure) =>
  result === undefined ? undefined : summary(result.samples.map((sample) => sample[figure])).median;

const times = (ratio) => (ratio === undefined ? "-" : ratio.toFixed(2));
const percent = (share) =>
  share === undefined || Number.isNaN(share) ? "-" : `${Math.round(share * 100)} %`;
const microseconds = (nanoseconds, digits = 1) =>
  Number.isNaN(nanoseconds) ? "-" : (nanoseconds / 1000).toFixed(digits);
