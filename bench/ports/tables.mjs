// The figures as tables, for the screen and for docs/benchmarks.md.
import { summary } from "../figures.mjs";

const milliseconds = (value) => (value / 1000).toFixed(1);
const median = (samples, of) => summary(samples.map(of)).median;
const cases = { any: "any", range: "of 100" };

export function tables({ results, agreement }) {
  const { processes } = results;
  return [
    { title: "Finding one, microseconds: processor (clock)", rows: finding(results) },
    { title: `${processes} processes at once, each round`, rows: collisions(results) },
    ...results.telling.map((each) => ({
      title:
        `${each.sockets} listening sockets of ` +
        `${each.holders === 1 ? "one process" : `${each.holders} processes`}, ` +
        "milliseconds: processor (clock)",
      rows: telling(each),
    })),
    { title: "Agreement with ss", rows: agreeing(agreement) },
  ];
}

/** A row for each, with the `cells` of its cases. */
function byFinder(entries, cells) {
  return [...new Set(entries.map(({ by }) => by))].map((by) => ({
    finder: by,
    ...Object.assign({}, ...entries.filter((entry) => entry.by === by).map(cells)),
  }));
}

function finding({ finding }) {
  return byFinder(finding, ({ how, samples }) => {
    const ours = finding.find((entry) => entry.by === "berkeley" && entry.how === how).samples;
    const ratios = samples.map(({ cpu }, round) => cpu / ours[round].cpu);
    return {
      [cases[how]]: `${median(samples, ({ cpu }) => cpu)} (${median(samples, ({ wall }) => wall)})`,
      [`× berkeley, ${cases[how]}`]: summary(ratios, (ratio) => Math.round(ratio * 10) / 10).median.toFixed(
        1,
      ),
    };
  });
}

function collisions({ collisions }) {
  return byFinder(collisions, ({ how, samples }) => {
    const { median: middle, min, max } = summary(samples.map((sample) => sample.collisions + sample.failed));
    const outside = Math.max(...samples.map((sample) => sample.outside));
    return {
      [`collisions, ${cases[how]}`]: `${middle} (${min}-${max})`,
      ...(how === "range" ? { "outside the range, at most": `${outside}` } : {}),
    };
  });
}

function telling({ commands, inside }) {
  const row = ({ by, samples }) => ({
    what: by,
    median: `${milliseconds(median(samples, ({ cpu }) => cpu))} (${milliseconds(median(samples, ({ wall }) => wall))})`,
    "first call":
      samples[0].first === undefined ? "" : milliseconds(median(samples, ({ first }) => first.cpu)),
  });
  const calls = inside.map(({ by, samples }) => row({ by: `${by}()`, samples }));
  const [node, why, lsofPort, ssPort, ports, lsof, ss] = commands.map(row);
  return [node, calls[0], why, lsofPort, ssPort, calls[1], ports, lsof, ss];
}

function agreeing(agreement) {
  return Object.entries(agreement).flatMap(([where, each]) =>
    each.map(({ protocol, both, onlyOurs, onlySs, changing }) => ({
      where: `${where}, ${protocol}`,
      both: `${both}`,
      "only ours": `${onlyOurs.length}`,
      "only ss": `${onlySs.length}`,
      changing: `${changing}`,
    })),
  );
}
