import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A block of code that a reader may copy. */
export interface Example {
  /** Its place: a file, and the line of its first line of code. */
  readonly position: string;
  readonly language: "ts" | "js";
  /** False if marked `no-run`: a fragment, or a server that keeps running. */
  readonly run: boolean;
  readonly code: string;
}

/** The `@example`s of the doc comments in src/. */
export function docExamples(root: string): Example[] {
  return readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
    .sort()
    .flatMap((path) => {
      const file = `src/${path}`;
      const text = readFileSync(join(root, file), "utf8");
      return [...text.matchAll(/^ *\/\*\*(?:(?!\*\/)[\s\S])*@example[\s\S]*?\*\//gm)].flatMap((comment) =>
        blocks(file, comment[0].replace(/^ *\* ?/gm, ""), lineAt(text, comment.index)),
      );
    });
}

/** The blocks of a Markdown file, if it exists. */
export function markdownExamples(root: string, file: string): Example[] {
  const path = join(root, file);
  return existsSync(path) ? blocks(file, readFileSync(path, "utf8"), 1) : [];
}

function blocks(file: string, text: string, firstLine: number): Example[] {
  return [...text.matchAll(/^```(ts|js)\b(.*)\n([\s\S]*?)^```$/gm)].map((block) => {
    const [, language, info = "", code = ""] = block;
    return {
      position: `${file}:${firstLine + lineAt(text, block.index)}`,
      language: language === "js" ? "js" : "ts",
      run: !info.includes("no-run"),
      code,
    };
  });
}

/** The number of a line, from 1. */
function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}
