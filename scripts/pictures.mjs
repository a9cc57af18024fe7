// Makes the pictures of docs/pictures: the command's output in a real terminal (tmux), in its own
// network and process namespace, with servers started for it. Run as root: node
// scripts/pictures.mjs
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { installAndBuild, root } from "./install-and-build.mjs";

const COLUMNS = 92;
const INSIDE = "--inside";

/** Typical programs: one is too busy to accept, so its queue fills and drops. */
const programs = {
  "server.js": `require("net").createServer().listen(3000, "127.0.0.1", 11, () => setTimeout(() => { for (;;); }, 500));`,
  "api.js": `require("http").createServer().listen(8080, "0.0.0.0");`,
  "worker.js": `require("net").createServer().listen(9229, "::1", 128);`,
};

async function inside() {
  // A path that is the same in every run, visible only in this mount namespace.
  spawnSync("mount", ["-t", "tmpfs", "none", "/srv"]);
  const folder = "/srv/app";
  mkdirSync(folder);
  spawnSync("ip", ["link", "set", "lo", "up"]);
  const servers = Object.entries(programs).map(([name, text]) => {
    writeFileSync(join(folder, name), text);
    return spawn("node", [name], { cwd: folder });
  });
  const berkeley = `node ${join(root, "dist/cli/main.js")}`;
  spawnSync("sh", ["-c", `${berkeley} wait 3000; ${berkeley} wait 8080; ${berkeley} wait 9229`]);
  await setTimeout(700);
  const clients = spawn("node", [
    "-e",
    `for (let i = 0; i < 20; i++) require("net").connect(3000, "127.0.0.1")`,
  ]);
  await setTimeout(2500);
  picture("ports-watch", "berkeley ports --watch", await capture(`${berkeley} ports --watch`, /PROTO/));
  picture("why", "berkeley why 3000", await capture(`${berkeley} why 3000; cat`, /Run:/));
  for (const child of [clients, ...servers]) child.kill("SIGKILL");
}

/** The screen of a command, once it shows `what`. */
async function capture(command, what) {
  const tmux = (...words) =>
    spawnSync("tmux", ["-L", `pictures-${process.pid}`, ...words], { encoding: "utf8" });
  tmux("-f", "/dev/null", "new-session", "-d", "-x", `${COLUMNS}`, "-y", "14", command);
  for (let left = 200; left > 0; left--) {
    await setTimeout(50);
    const { stdout } = tmux("capture-pane", "-e", "-p");
    if (!what.test(stdout)) continue;
    tmux("kill-server");
    return stdout.trimEnd().split("\n");
  }
  tmux("kill-server");
  throw new Error(`${command} does not show ${what}`);
}

const palette = { 31: "#ff7b72", 32: "#7ee787", 33: "#e3b341", 34: "#79c0ff", 35: "#d2a8ff", 36: "#76e3ea" };
const ESCAPE = "\x1b";
const LINE = 19;
const WIDTH = 8.4;

function picture(name, command, lines) {
  const all = [`\x1b[2m$\x1b[0m ${command}`, ...lines];
  const height = all.length * LINE + 24;
  const text = all.map(
    (line, index) =>
      `<text xml:space="preserve" style="white-space:pre" x="14" y="${26 + index * LINE}">${spans(line)}</text>`,
  );
  const width = Math.round(COLUMNS * WIDTH + 28);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${command}</title>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
<g fill="#e6edf3" font-family="ui-monospace, Menlo, 'DejaVu Sans Mono', monospace" font-size="14">
${text.join("\n")}
</g>
</svg>
`;
  writeFileSync(join(root, "docs/pictures", `${name}.svg`), svg);
}

const SGR = new RegExp(`${ESCAPE}\\[([\\d;]*)m`);
const PIECES = new RegExp(`(${ESCAPE}\\[[\\d;]*m)`);

// Colours carry over to the next line, as on a terminal.
let style = {};

/**
 * A line with its colours (SGR of ECMA-48); each piece has its position, whatever the width of the
 * font.
 */
function spans(line) {
  let column = 0;
  return line
    .split(PIECES)
    .map((piece) => {
      const codes = SGR.exec(piece);
      if (codes === null) {
        const x = (14 + column * WIDTH).toFixed(1);
        const length = ([...piece].length * WIDTH).toFixed(1);
        column += [...piece].length;
        if (piece.trim() === "") return "";
        const { fill, weight, opacity } = style;
        const look = [
          fill && ` fill="${fill}"`,
          weight && ' font-weight="bold"',
          opacity && ' opacity="0.55"',
        ];
        return `<tspan x="${x}" textLength="${length}"${look.filter(Boolean).join("")}>${escaped(piece)}</tspan>`;
      }
      for (const code of codes[1].split(";").map(Number)) {
        if (code === 0) style = {};
        else if (code === 1) style = { ...style, weight: true };
        else if (code === 2) style = { ...style, opacity: true };
        else if (code === 22) style = { ...style, weight: false, opacity: false };
        else if (code === 39) style = { ...style, fill: undefined };
        else if (code in palette) style = { ...style, fill: palette[code] };
      }
      return "";
    })
    .join("");
}

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

if (process.argv.includes(INSIDE)) await inside();
else {
  installAndBuild();
  const words = [
    "--net",
    "--pid",
    "--fork",
    "--mount-proc",
    process.execPath,
    fileURLToPath(import.meta.url),
    INSIDE,
  ];
  process.exit(spawnSync("unshare", words, { stdio: "inherit" }).status ?? 1);
}
