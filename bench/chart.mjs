// Draws README's chart, docs/pictures/benchmarks.svg, from bench/results/engine.json: node
// bench/chart.mjs
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "../scripts/install-and-build.mjs";
import { summary } from "./figures.mjs";

/** The names of servers in bench/engine/servers.mjs, and those for readers. */
const NAMES = {
  "c:epoll": "C, epoll",
  "node26:uring": "berkeley, Node 26",
  "node20:uring": "berkeley, Node 20",
  "node26:uring:serve": "berkeley, Node 26",
  "node20:uring:serve": "berkeley, Node 20",
  "bun:uring": "berkeley, Bun",
  "deno:uring": "berkeley, Deno",
  "bun:listen": "Bun.listen",
  "deno:listen": "Deno.listen",
  "node26:net": "node:net, Node 26",
  "node20:net": "node:net, Node 20",
};

const PANELS = [
  {
    scenario: "echo-64",
    title: "Echo, 64 bytes, 64 connections",
    unit: "thousand requests per second; longer is better",
    servers: [
      "c:epoll",
      "node26:uring",
      "node20:uring",
      "bun:listen",
      "deno:listen",
      "node26:net",
      "node20:net",
    ],
    figure: ({ rate }) => rate / 1000,
    label: (value) => value.toFixed(0),
  },
  {
    scenario: "http",
    title: "HTTP/1.1, node:http over berkeley or node:net",
    unit: "thousand requests per second; longer is better",
    servers: ["node26:uring:serve", "node26:net", "node20:uring:serve", "node20:net"],
    figure: ({ rate }) => rate / 1000,
    label: (value) => value.toFixed(0),
  },
  {
    scenario: "idle",
    title: "Memory of an idle connection",
    unit: "bytes in the server's process; shorter is better",
    servers: ["node26:uring", "node20:uring", "bun:listen", "node26:net", "node20:net"],
    figure: ({ bytes }) => bytes,
    label: (value) => value.toLocaleString("en-US"),
  },
];

const WIDTH = 800;
const BAR = { left: 170, most: 540, height: 15, line: 24 };
const PANEL_HEAD = 50;
const PANEL_GAP = 18;

/** The chart as SVG. Its colours follow the reader's colour scheme. */
export function chart({ date, machine, system, results }) {
  let top = 0;
  const panels = PANELS.flatMap((panel) => {
    const rows = rowsOf(panel, results);
    if (rows.length === 0) return [];
    const drawn = drawPanel(panel, rows, top);
    top += PANEL_HEAD + rows.length * BAR.line + PANEL_GAP;
    return [drawn];
  });
  const height = top + 18;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<title>berkeley beside C, node:net, Bun and Deno</title>
<style>
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .title { font-weight: 600; }
  .note { font-size: 12px; fill: #59636e; }
  .peer { fill: #afb8c1; }
  .ours { fill: #0969da; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .note { fill: #9198a1; }
    .peer { fill: #545d68; }
    .ours { fill: #4493f8; }
  }
</style>
${panels.join("\n")}
<text class="note" x="0" y="${height - 4}">${escaped(`Medians, server pinned to one processor; ${machine}, ${system}, ${date.slice(0, 10)}`)}</text>
</svg>
`;
}

function rowsOf({ scenario, servers, figure }, results) {
  return servers.flatMap((server) => {
    const result = results.find((each) => each.scenario === scenario && each.server === server);
    if (result === undefined) return [];
    return [{ server, value: summary(result.samples.map(figure), Number).median }];
  });
}

function drawPanel({ title, unit, label }, rows, top) {
  const most = Math.max(...rows.map(({ value }) => value));
  const bars = rows.map(({ server, value }, index) => {
    const y = top + PANEL_HEAD + index * BAR.line;
    const width = Math.max(1, (value / most) * BAR.most).toFixed(1);
    const kind = server.includes(":uring") ? "ours" : "peer";
    const base = y + BAR.height - 3;
    return [
      `<text x="${BAR.left - 8}" y="${base}" text-anchor="end">${escaped(NAMES[server])}</text>`,
      `<rect class="${kind}" x="${BAR.left}" y="${y}" width="${width}" height="${BAR.height}" rx="2"/>`,
      `<text x="${(BAR.left + Number(width) + 6).toFixed(1)}" y="${base}">${label(value)}</text>`,
    ].join("\n");
  });
  return [
    `<text class="title" x="0" y="${top + 18}">${escaped(title)}</text>`,
    `<text class="note" x="0" y="${top + 36}">${escaped(unit)}</text>`,
    ...bars,
  ].join("\n");
}

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/** Writes the chart of a report of bench/engine.mjs. */
export function writeChart(report) {
  writeFileSync(join(root, "docs/pictures/benchmarks.svg"), chart(report));
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeChart(JSON.parse(readFileSync(join(root, "bench/results/engine.json"), "utf8")));
