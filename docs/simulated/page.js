// The page: a backlog meets five clients. scripts/simulated-page.mjs bundles it.
import { simulate } from "../../dist/simulated/index.js";

const CLIENTS = ["client 1", "client 2", "client 3", "client 4", "client 5"];
const NUMBERS = ["backlog", "latency", "gap", "delay", "timeout"];
const [FIN, SYN, RST, ACK] = [1, 2, 4, 16];
const element = (id) => document.getElementById(id);
const numberOf = (id) => element(id).valueAsNumber;

/** Runs the whole simulation, and returns its events in order. */
async function record({ backlog, latency, gap, delay, timeout, abort }) {
  const events = [];
  await simulate({ seed: 1 }, async (network) => {
    const add = (event) => events.push({ at: network.time, ...event });
    const server = network.host("server", {
      sysctls: { "net.ipv4.tcp_abort_on_overflow": abort ? 1 : 0 },
    });
    const clients = CLIENTS.map((name) => network.host(name));
    for (const client of clients) network.link(server, client, { latency: `${latency}ms` });
    const listener = await server.listen({ port: 80, backlog });
    network.trace.observe((entry) => {
      if (entry.kind === "state") {
        const [, syn, accept] = /^queues syn (\d+) accept (\d+)/.exec(entry.change) ?? [];
        if (syn !== undefined) add({ kind: "queues", syn: Number(syn), accept: Number(accept) });
      } else if (entry.packet.payload.kind === "tcp" && entry.event !== "duplicated") {
        const { host, peer, event, packet } = entry;
        add({ kind: event, packet, host, peer, flags: packet.payload.flags });
      }
    });
    const seen = clients.map(async (client, index) => {
      const { name } = client;
      if (index > 0) await network.advance(`${index * gap}ms`);
      add({ kind: "client", name, state: "waiting" });
      try {
        const connection = await client.connect({ host: server.address, port: 80, timeout });
        add({ kind: "client", name, state: "connected" });
        // Not awaited: the server sends nothing, but a reset may come later.
        connection.read().catch(({ code }) => add({ kind: "client", name, state: `reset (${code})` }));
      } catch (error) {
        const isTimeout = error.name === "TimeoutError" || error.code === "ETIMEDOUT";
        add({
          kind: "client",
          name,
          state: isTimeout ? "timed out" : `refused (${error.code ?? error.name})`,
        });
      }
    });
    const accepting = (async () => {
      await network.advance(`${delay}ms`);
      for (;;) {
        await listener.accept({ timeout: 10_000 });
        add({ kind: "accepted" });
        await network.advance("100ms");
      }
    })().catch((error) => {
      if (error.name !== "TimeoutError") throw error;
    });
    await Promise.all([...seen, accepting]);
  });
  // Without what follows the end: every host is switched off.
  return [...events];
}

let events = [];
let playing;

function show() {
  const position = numberOf("position");
  const past = events.slice(0, position);
  const queues = past.findLast(({ kind }) => kind === "queues") ?? { syn: 0, accept: 0 };
  const backlog = numberOf("backlog");
  slots("syn", queues.syn, CLIENTS.length);
  slots("accept", queues.accept, backlog + 1);
  element("syn-text").textContent = `${queues.syn}`;
  element("accept-text").textContent = `${queues.accept} of ${backlog + 1} (backlog + 1)`;
  element("time").textContent = `${position} of ${events.length}, ${Math.round(past.at(-1)?.at ?? 0)} ms`;
  element("clients").replaceChildren(...CLIENTS.map((name) => clientRow(name, past)));
  draw(past);
}

function slots(id, full, count) {
  const boxes = Array.from({ length: Math.max(full, count) }, (_, index) => {
    const box = document.createElement("i");
    if (index < full) box.className = "full";
    return box;
  });
  element(id).replaceChildren(...boxes);
}

function clientRow(name, past) {
  const syns = past.filter(
    ({ kind, host, flags }) => kind === "sent" && host === name && flags === SYN,
  ).length;
  let state =
    past.findLast((event) => event.kind === "client" && event.name === name)?.state ?? "not started";
  if (state === "waiting" && syns > 1) state = "retrying";
  const row = document.createElement("tr");
  for (const text of [name, state, syns]) row.insertCell().textContent = text;
  return row;
}

const flagsOf = (flags) =>
  [
    [SYN, "SYN"],
    [FIN, "FIN"],
    [RST, "RST"],
    [ACK, "ACK"],
  ]
    .filter(([flag]) => flags & flag)
    .map(([, name]) => name)
    .join(", ");

/** Server on the left, a lifeline for each client. */
const column = (name) => (name === "server" ? 90 : 240 + 140 * CLIENTS.indexOf(name));

function draw(past) {
  const shapes = [];
  const flying = new Map();
  let y = 30;
  let at = 0;
  for (const event of past) {
    if (!["sent", "delivered", "dropped", "accepted"].includes(event.kind)) continue;
    y += 13 + Math.min(25, 4 * Math.log2(1 + event.at - at));
    if (event.at !== at) shapes.push(shape("text", { x: 2, y: y + 4 }, `${Math.round(event.at)} ms`));
    at = event.at;
    if (event.kind === "accepted") shapes.push(shape("text", { x: 96, y: y + 4 }, "accept()"));
    else if (event.kind === "sent") flying.set(event.packet, { ...event, y });
    else {
      const sent = flying.get(event.packet);
      if (sent === undefined) continue;
      flying.delete(event.packet);
      shapes.push(...arrow(sent, y, event.kind === "dropped"));
    }
  }
  for (const sent of flying.values()) shapes.push(...arrow(sent, y + 8, false));
  const height = y + 30;
  const lives = ["server", ...CLIENTS].flatMap((name) => [
    shape("text", { x: column(name), y: 14, "text-anchor": "middle" }, name),
    shape("line", { x1: column(name), x2: column(name), y1: 20, y2: height, class: "life" }),
  ]);
  element("packets").setAttribute("viewBox", `0 0 860 ${height}`);
  element("packets").replaceChildren(...lives, ...shapes);
}

function arrow(sent, y, isDropped) {
  const client = sent.host === "server" ? sent.peer : sent.host;
  const [x1, x2] = [column(sent.host), column(sent.peer)];
  const isBad = isDropped || (sent.flags & RST) !== 0;
  const side = x2 > x1 ? -7 : 7;
  const points = `M${x1} ${sent.y}L${x2} ${y}m${side} -5L${x2} ${y}l${side} 3`;
  const label = { x: column(client) + 4, y: sent.host === "server" ? y + 4 : sent.y + 4 };
  return [
    shape("path", { d: points, class: isBad ? "packet dropped" : "packet" }),
    shape("text", { ...label, class: isBad ? "drop" : "" }, flagsOf(sent.flags)),
  ];
}

function shape(name, attributes, text = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

function move(position) {
  element("position").value = String(position);
  show();
}

function pause() {
  clearInterval(playing);
  playing = undefined;
  element("play").textContent = "Play";
}

function play() {
  if (playing !== undefined) return pause();
  if (numberOf("position") === events.length) move(0);
  element("play").textContent = "Pause";
  playing = setInterval(() => {
    move(numberOf("position") + 1);
    if (numberOf("position") === events.length) pause();
  }, 150);
}

let run = 0;

/** Runs anew with the settings, and shows the event `position`, counted from 0. */
async function restart(position) {
  pause();
  if (!element("settings").reportValidity()) return;
  run += 1;
  const mine = run;
  const settings = Object.fromEntries(NUMBERS.map((id) => [id, numberOf(id)]));
  try {
    const recorded = await record({ ...settings, abort: element("abort").checked });
    // Settings that changed meanwhile have a run of their own.
    if (mine !== run) return;
    events = recorded;
    element("error").textContent = "";
  } catch (error) {
    element("error").textContent = String(error.message);
  }
  element("position").max = events.length;
  move(Math.min(position, events.length));
  document.body.dataset.ready = "yes";
}

const query = new URLSearchParams(location.search);
for (const id of NUMBERS) if (query.has(id)) element(id).value = query.get(id);
element("abort").checked = query.has("abort");
element("settings").addEventListener("change", () => restart(Number.POSITIVE_INFINITY));
for (const form of document.forms) form.addEventListener("submit", (event) => event.preventDefault());
element("position").addEventListener("input", show);
element("play").addEventListener("click", play);
element("step").addEventListener("click", () => move(numberOf("position") + 1));
element("end").addEventListener("click", () => move(events.length));
restart(query.has("event") ? Number(query.get("event")) : Number.POSITIVE_INFINITY);
