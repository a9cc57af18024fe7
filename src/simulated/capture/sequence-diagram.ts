// A sequence diagram as SVG: hosts as vertical lines, packets as arrows between them, and beside
// them the two queues of each listener. It needs nothing else, and follows the reader's colour
// scheme.
import type { Packet } from "../ip/packet.ts";
import type { TraceRecord } from "../network/trace.ts";
import { formatTime } from "../network/units.ts";
import type { QueueLengths } from "../tcp/queue-record.ts";
import { packetText, SequenceNumbers, segmentText } from "./packet-text.ts";
import { type Arrow, type QueueLane, type StateLabel, type Timeline, timeline } from "./timeline.ts";

/** Options of a diagram. */
export interface DiagramOptions {
  /** The connection's two ends, `10.0.0.2:40000`, in any order; everything by default. */
  readonly connection?: readonly [one: string, other: string];
  /** How many of the last records to show; 400 by default. */
  readonly limit?: number;
  readonly title?: string;
}

const TOP = 56;
const TIME_WIDTH = 96;
const HOST_GAP = 420;
const LANE_WIDTH = 210;
const BOX = 10;
/** Boxes drawn for a queue; a longer one is shown as a number. */
const MOST_BOXES = 8;

export function sequenceDiagram(records: readonly TraceRecord[], options: DiagramOptions = {}): string {
  const shown = records
    .filter((record) => belongs(record, options.connection))
    .slice(-(options.limit ?? 400));
  const plan = timeline(shown);
  const x = (host: string) => TIME_WIDTH + 40 + Math.max(0, plan.hosts.indexOf(host)) * HOST_GAP;
  const lanesAt = TIME_WIDTH + 80 + Math.max(0, plan.hosts.length - 1) * HOST_GAP + 60;
  const width = lanesAt + plan.queues.length * LANE_WIDTH + 40;
  const height = TOP + plan.height + 24;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(options.title ?? "Packets between simulated hosts")}</title>`,
    `<style>${STYLE}</style>`,
    MARKERS,
    `<rect class="background" width="${width}" height="${height}"/>`,
    ...(options.title === undefined ? [] : [label(12, 20, "title", options.title)]),
    ...plan.times.map(({ at, y }) => label(8, TOP + y + 4, "time", formatTime(at))),
    ...plan.hosts.map((host) => lifeline(host, x(host), height)),
    ...arrows(plan, x),
    ...plan.states.map((state) => stateLabel(state, x(state.host), plan.hosts)),
    ...plan.queues.map((lane, index) => queueLane(lane, lanesAt + index * LANE_WIDTH, plan.height)),
    "</svg>",
  ];
  return `${parts.join("\n")}\n`;
}

/** Whether a record is about a connection, or about a listener at one of its ends. */
function belongs(record: TraceRecord, connection: DiagramOptions["connection"]): boolean {
  if (connection === undefined) return true;
  if (record.kind === "state") {
    const ends = record.subject.split(" ").slice(1);
    return ends.length > 0 && ends.every((end) => connection.includes(end));
  }
  const { payload, source, destination } = record.packet;
  if (payload.kind !== "tcp" && payload.kind !== "udp") return true;
  const ends = [`${source}:${payload.sourcePort}`, `${destination}:${payload.destinationPort}`];
  return ends.every((end) => connection.includes(end));
}

function lifeline(host: string, x: number, height: number): string {
  return [
    `<line class="life" x1="${x}" y1="${TOP - 8}" x2="${x}" y2="${height - 12}"/>`,
    label(x, TOP - 16, "host", host, "middle"),
  ].join("\n");
}

function arrows(plan: Timeline, x: (host: string) => number): string[] {
  const numbers = new SequenceNumbers();
  const many = several(plan);
  return plan.arrows.map((arrow) => {
    const text = arrowText(arrow.packet, numbers, many);
    return arrowLine(arrow, x(arrow.from), x(arrow.to), text, packetText(arrow.packet, numbers));
  });
}

function arrowLine(arrow: Arrow, from: number, to: number, text: string, tooltip: string): string {
  const title = `<title>${escaped(tooltip)}</title>`;
  const y = TOP + arrow.y;
  if (arrow.from === arrow.to) return `<g>${title}${label(from + 8, y, "packet", `↻ ${text}`)}</g>`;
  const lost = arrow.arrivesAt === undefined && arrow.fate !== "";
  // A lost packet gets halfway; one still in flight when the records end, almost to the end.
  const reach = lost ? 0.5 : 1;
  const endX = from + (to - from) * reach;
  const endY = arrow.arrivesAt === undefined ? y + 8 * reach : TOP + arrow.arrivesAt;
  const kind = lost ? "arrow lost" : isReset(arrow.packet) ? "arrow reset" : "arrow";
  const middle = (from + to) / 2;
  const marker = lost ? "cross" : "head";
  const fate = arrow.fate === "" ? "" : ` — ${arrow.fate}`;
  return [
    `<g>${title}`,
    `<line class="${kind}" marker-end="url(#${marker})" x1="${from}" y1="${y}" x2="${endX}" y2="${endY}"/>`,
    label(middle, y - 2, lost ? "packet lost-text" : "packet", text + fate, "middle"),
    "</g>",
  ].join("");
}

/** Without a segment's options, which would not fit; the tooltip has them. */
function arrowText(packet: Packet, numbers: SequenceNumbers, many: boolean): string {
  const { payload } = packet;
  if (payload.kind !== "tcp") return packetText(packet, numbers);
  const text = segmentText(packet, payload, numbers).replace(/ <[^>]*>$/, "");
  // Of several connections, the client's port tells which one it is: it is the larger one.
  return many ? `:${Math.max(payload.sourcePort, payload.destinationPort)} ${text}` : text;
}

/** Whether packets belong to more than one connection of TCP. */
function several({ arrows: all }: Timeline): boolean {
  const ports = all.map(({ packet: { payload } }) =>
    payload.kind === "tcp" ? Math.max(payload.sourcePort, payload.destinationPort) : 0,
  );
  return new Set(ports.filter((port) => port !== 0)).size > 1;
}

const isReset = ({ payload }: Packet): boolean => payload.kind === "tcp" && (payload.flags & 4) !== 0;

function stateLabel({ host, subject, change, y }: StateLabel, x: number, hosts: readonly string[]): string {
  const last = hosts.length > 1 && hosts.indexOf(host) === hosts.length - 1;
  const at = last ? x + 8 : x - 8;
  const title = `<title>${escaped(`${host}: ${subject} ${change}`)}</title>`;
  return `<g>${title}${label(at, TOP + y + 4, "state", change, last ? "start" : "end")}</g>`;
}

function queueLane({ host, subject, steps }: QueueLane, x: number, height: number): string {
  const parts = [
    label(x, TOP - 30, "host", `${host} ${subject.replace(/^tcp /, "")}`),
    label(x, TOP - 14, "queue-name", "SYN queue"),
    label(x + LANE_WIDTH / 2, TOP - 14, "queue-name", "accept queue"),
  ];
  for (const [index, { y, lengths }] of steps.entries()) {
    const until = steps[index + 1]?.y ?? height;
    parts.push(...queueStep(lengths, x, TOP + y, Math.max(2, until - y)));
  }
  return parts.join("\n");
}

/** A queue's boxes when it changes, and a bar until the next change. */
function queueStep({ syn, accept, backlog }: QueueLengths, x: number, y: number, length: number): string[] {
  return [
    bar(x, y, length, syn, backlog + 1),
    boxes(x + 8, y, syn, backlog + 1),
    bar(x + LANE_WIDTH / 2, y, length, accept, backlog + 1),
    boxes(x + LANE_WIDTH / 2 + 8, y, accept, backlog + 1),
  ];
}

function bar(x: number, y: number, length: number, count: number, capacity: number): string {
  const kind = count === 0 ? "bar" : count >= capacity ? "bar full" : "bar used";
  return `<rect class="${kind}" x="${x}" y="${y}" width="3" height="${length}"/>`;
}

function boxes(x: number, y: number, count: number, capacity: number): string {
  if (capacity > MOST_BOXES) return label(x, y + BOX, "state", `${count} of ${capacity}`);
  return Array.from({ length: capacity }, (_, index) => {
    const kind = index < count ? (count >= capacity ? "box full" : "box used") : "box";
    return `<rect class="${kind}" x="${x + index * (BOX + 2)}" y="${y}" width="${BOX}" height="${BOX}"/>`;
  }).join("");
}

function label(x: number, y: number, kind: string, text: string, anchor = "start"): string {
  return `<text class="${kind}" x="${x}" y="${y}" text-anchor="${anchor}">${escaped(text)}</text>`;
}

const ENTITIES = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ['"', "&quot;"],
]);

const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => ENTITIES.get(sign) ?? sign);

/** Plain rules rather than variables, which not every viewer knows. */
const colours = (
  ink: string,
  dim: string,
  line: string,
  ground: string,
  bad: string,
  good: string,
  state: string,
) => `
text, .head { fill: ${ink}; }
.background { fill: ${ground}; }
.packet { stroke: ${ground}; }
.time, .queue-name { fill: ${dim}; }
.state { fill: ${state}; }
.life, .box { stroke: ${line}; }
.bar { fill: ${line}; }
.arrow { stroke: ${ink}; }
.arrow.lost, .arrow.reset, .cross { stroke: ${bad}; }
.lost-text, .full { fill: ${bad}; }
.used { fill: ${good}; }`;

const STYLE = `
text { font: 12px ui-monospace, "DejaVu Sans Mono", monospace; }
.title { font-size: 14px; font-weight: bold; }
.host { font-weight: bold; }
.state, .packet { font-size: 11px; }
.packet { paint-order: stroke; stroke-width: 4px; }
.life, .cross { stroke-width: 1.5; }
.arrow { stroke-width: 1.2; }
.lost { stroke-dasharray: 4 3; }
.box { fill: none; }
.bar { opacity: 0.5; }
${colours("#1f2328", "#59636e", "#8c959f", "#ffffff", "#b3261e", "#1a7f37", "#0550ae")}
@media (prefers-color-scheme: dark) {
${colours("#e6edf3", "#9198a1", "#656c76", "#0d1117", "#ff7b72", "#56d364", "#79c0ff")}
}`;

const MARKERS = `<defs>
<marker id="head" viewBox="0 0 10 10" refX="10" refY="5" markerWidth="7" markerHeight="7" orient="auto">
<path class="head" d="M0 0 L10 5 L0 10 z"/></marker>
<marker id="cross" viewBox="0 0 10 10" refX="5" refY="5" markerWidth="8" markerHeight="8">
<path class="cross" d="M1 1 L9 9 M9 1 L1 9"/></marker>
</defs>`;
