// mdoc(7), the language of manual pages: text made safe for it, and Markdown turned into it.
import MarkdownIt from "markdown-it";

const parser = new MarkdownIt();

/**
 * Text on lines of its own. Roff would read a dot or a quote at the start of a line as a request.
 */
export function text(string) {
  return escaped(string).replace(/^(?=[.'])/gm, "\\&");
}

/** Code, exactly as typed: a minus stays a minus, and can be copied. */
export function code(string) {
  return text(string).replaceAll("-", "\\-");
}

function escaped(string) {
  return string
    .replaceAll("\\", "\\e")
    .replaceAll("`", "\\(ga")
    .replaceAll("'", "\\(aq")
    .replaceAll("^", "\\(ha")
    .replaceAll("~", "\\(ti")
    .replaceAll("…", "...");
}

/** Lines of code, indented. */
export function display(string) {
  return [".Bd -literal -offset indent", code(string), ".Ed"];
}

/**
 * The lines of a doc comment's Markdown: paragraphs, lists, code and links, which is all that one
 * contains.
 */
export function markdown(string) {
  const lines = [];
  const open = [];
  let first = true;
  // A line that is a number, such as "0.", would begin a numbered list.
  for (const token of parser.parse(string.replace(/^(\d+)\./gm, "$1\\."), {})) {
    switch (token.type) {
      case "paragraph_open":
        if (!first && !token.hidden && open.at(-1) !== "item") lines.push(".Pp");
        break;
      case "inline":
        lines.push(...sentences(inline(token.children)));
        break;
      case "bullet_list_open":
        lines.push(".Bl -bullet");
        break;
      case "bullet_list_close":
        lines.push(".El");
        break;
      case "list_item_open":
        lines.push(".It");
        open.push("item");
        break;
      case "list_item_close":
        open.pop();
        break;
      case "fence":
        lines.push(...display(token.content.trimEnd()));
        break;
      case "paragraph_close":
        break;
      default:
        throw new Error(`a manual page cannot show ${token.type} of Markdown: ${string}`);
    }
    first = false;
  }
  return lines;
}

function inline(tokens) {
  let href = "";
  const parts = tokens.map((token) => {
    switch (token.type) {
      case "text":
        // The name of a function is bold wherever it stands.
        return escaped(token.content).replace(/\b\w+(?=\(\))/g, "\\fB$&\\fP");
      case "softbreak":
        return " ";
      case "code_inline":
        return `\\fB${escaped(token.content).replaceAll("-", "\\-")}\\fP`;
      case "em_open":
        return "\\fI";
      case "em_close":
        return "\\fP";
      case "link_open":
        href = token.attrGet("href");
        return "";
      case "link_close":
        return ` (${href})`;
      default:
        throw new Error(`a manual page cannot show ${token.type} of Markdown`);
    }
  });
  return parts.join("");
}

/**
 * One line per sentence, as mdoc wants: roff inserts the space between sentences at a line's end.
 * Long sentences are broken for readers of the source.
 */
function sentences(string) {
  return string
    .split(/(?<=[.?!:]\)?) +(?=[A-Z\\])/)
    .flatMap((sentence) => sentence.match(/.{1,78}(?= |$)/g) ?? [sentence])
    .map((line) => line.trim().replace(/^(?=[.'])/, "\\&"));
}
