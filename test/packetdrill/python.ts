// The statements that scripts make about tcp_info, in Python's syntax: assertions, assignments and
// print(). Loops, functions and the like are not needed, and not supported.

type Value = number | string | boolean | readonly Value[] | undefined;

/** Variables, which live as long as the script. */
export type Scope = Map<string, Value>;

/** An `assert` does not hold, or a statement cannot be evaluated. */
export class PythonError extends Error {}

const TOKEN =
  /\s*(?:#[^\n]*)?(?:(0x[0-9a-fA-F]+|[0-9]+\.?[0-9]*(?:[eE][-+]?[0-9]+)?)|('(?:\\.|[^'])*'|"(?:\\.|[^"])*")|([A-Za-z_][A-Za-z0-9_]*)|(\*\*|\/\/|<<|>>|[-+*/%&|]=|[<>=!]=|[-+*/%<>=()[\],.&|^~]))/y;

/** Runs the statements of one `%{ … }%`; returns what they print. */
export function runPython(code: string, scope: Scope): string[] {
  const printed: string[] = [];
  for (const statement of statements(code)) new Statement(statement, scope, printed).run();
  return printed;
}

/** Statements end at a line's end or a semicolon, unless within quotes or brackets. */
function statements(code: string): string[] {
  const found: string[] = [];
  let current = "";
  let depth = 0;
  const pieces = code.replaceAll("\\\n", " ").match(/'(?:\\.|[^'])*'|"(?:\\.|[^"])*"|#[^\n]*|[\s\S]/g) ?? [];
  for (const piece of pieces) {
    if (piece.startsWith("#")) continue;
    if ("([{".includes(piece)) depth += 1;
    if (")]}".includes(piece)) depth -= 1;
    if (depth === 0 && (piece === "\n" || piece === ";")) {
      found.push(current.trim());
      current = "";
    } else current += piece;
  }
  return [...found, current.trim()].filter((statement) => statement !== "");
}

const COMPARISONS = new Set(["==", "!=", "<", "<=", ">", ">=", "in"]);
/** From loose to tight; those of one line associate to the left. */
const BINARY = [["|"], ["^"], ["&"], ["<<", ">>"], ["+", "-"], ["*", "/", "//", "%"]];

class Statement {
  readonly #text: string;
  readonly #scope: Scope;
  readonly #printed: string[];
  readonly #tokens: string[] = [];
  #at = 0;

  constructor(text: string, scope: Scope, printed: string[]) {
    this.#text = text;
    this.#scope = scope;
    this.#printed = printed;
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < text.length) {
      const at = TOKEN.lastIndex;
      const found = TOKEN.exec(text);
      if (found === null) {
        if (text.slice(at).trim() !== "") this.#fail("cannot be read");
        break;
      }
      this.#tokens.push(found[1] ?? found[2] ?? found[3] ?? found[4] ?? "");
    }
  }

  run(): void {
    if (this.#take("assert")) this.#assert();
    else if (this.#tokens[1] === "=") this.#assign(() => this.#skipName());
    else if (/^[-+*/%&|]=$/.test(this.#tokens[1] ?? "")) this.#augment();
    else this.#expression();
    if (this.#at < this.#tokens.length) this.#fail(`has ${this.#tokens[this.#at]} where it should end`);
  }

  #assert(): void {
    const holds = truth(this.#expression());
    const message = this.#take(",") ? this.#expression() : undefined;
    if (!holds)
      throw new PythonError(
        `${this.#text} does not hold${message === undefined ? "" : `: ${show(message)}`}`,
      );
  }

  #skipName(): string {
    const name = this.#tokens[this.#at] ?? "";
    this.#at += 2;
    return name;
  }

  #assign(skip: () => string): void {
    const name = skip();
    this.#scope.set(name, this.#expression());
  }

  #augment(): void {
    const name = this.#tokens[0] ?? "";
    const operator = (this.#tokens[1] ?? "").slice(0, -1);
    this.#at = 2;
    this.#scope.set(name, this.#combine(operator, this.#variable(name), this.#expression()));
  }

  #expression(): Value {
    let value = this.#conjunction();
    while (this.#take("or")) {
      const other = this.#conjunction();
      value = truth(value) ? value : other;
    }
    return value;
  }

  #conjunction(): Value {
    let value = this.#negation();
    while (this.#take("and")) {
      const other = this.#negation();
      value = truth(value) ? other : value;
    }
    return value;
  }

  #negation(): Value {
    return this.#take("not") ? !truth(this.#negation()) : this.#comparison();
  }

  /** `990 <= x <= 1010` means both. */
  #comparison(): Value {
    let left = this.#binary(0);
    let holds: boolean | undefined;
    while (COMPARISONS.has(this.#tokens[this.#at] ?? "")) {
      const operator = this.#tokens[this.#at] ?? "";
      this.#at += 1;
      const right = this.#binary(0);
      holds = holds !== false && compare(operator, left, right);
      left = right;
    }
    return holds ?? left;
  }

  #binary(level: number): Value {
    const operators = BINARY[level];
    if (operators === undefined) return this.#unary();
    let value = this.#binary(level + 1);
    for (let operator = this.#tokens[this.#at]; operator !== undefined && operators.includes(operator); ) {
      this.#at += 1;
      value = this.#combine(operator, value, this.#binary(level + 1));
      operator = this.#tokens[this.#at];
    }
    return value;
  }

  #combine(operator: string, left: Value, right: Value): Value {
    if (operator === "%" && typeof left === "string") return format(left, right);
    if (operator === "+" && typeof left === "string" && typeof right === "string") return left + right;
    const [one, other] = [this.#number(left), this.#number(right)];
    switch (operator) {
      case "+":
        return one + other;
      case "-":
        return one - other;
      case "*":
        return one * other;
      case "/":
        return one / other;
      case "//":
        return Math.floor(one / other);
      case "%":
        return one - other * Math.floor(one / other);
      case "<<":
        return one * 2 ** other;
      case ">>":
        return Math.floor(one / 2 ** other);
      case "&":
        return Number(BigInt(one) & BigInt(other));
      case "|":
        return Number(BigInt(one) | BigInt(other));
      case "^":
        return Number(BigInt(one) ^ BigInt(other));
      default:
        return this.#fail(`has an unknown operator ${operator}`);
    }
  }

  #unary(): Value {
    if (this.#take("-")) return -this.#number(this.#unary());
    if (this.#take("+")) return this.#number(this.#unary());
    if (this.#take("~")) return -1 - this.#number(this.#unary());
    const base = this.#primary();
    return this.#take("**") ? this.#number(base) ** this.#number(this.#unary()) : base;
  }

  #primary(): Value {
    const token = this.#tokens[this.#at];
    if (token === undefined) return this.#fail("ends too early");
    this.#at += 1;
    if (token === "(") {
      const values = this.#list(")");
      return values.length === 1 ? values[0] : values;
    }
    if (token === "[") return this.#list("]");
    if (/^[0-9]/.test(token)) return Number(token);
    if (/^['"]/.test(token)) return token.slice(1, -1).replace(/\\(.)/g, "$1");
    if (token === "True" || token === "False") return token === "True";
    if (token === "None") return undefined;
    return this.#take("(") ? this.#call(token, this.#list(")")) : this.#variable(token);
  }

  #list(end: string): Value[] {
    const values: Value[] = [];
    while (!this.#take(end)) {
      values.push(this.#expression());
      if (!this.#take(",")) {
        if (!this.#take(end)) this.#fail(`lacks ${end}`);
        break;
      }
    }
    return values;
  }

  #call(name: string, args: readonly Value[]): Value {
    const numbers = () => args.map((arg) => this.#number(arg));
    switch (name) {
      case "print":
        this.#printed.push(args.map(show).join(" "));
        return undefined;
      case "abs":
        return Math.abs(numbers()[0] ?? Number.NaN);
      case "int":
        return Math.trunc(Number(args[0]));
      case "float":
        return Number(args[0]);
      case "max":
        return Math.max(...numbers());
      case "min":
        return Math.min(...numbers());
      case "round":
        return Math.round(numbers()[0] ?? Number.NaN);
      case "str":
        return show(args[0]);
      default:
        return this.#fail(`calls ${name}(), which is not supported`);
    }
  }

  #variable(name: string): Value {
    if (!this.#scope.has(name)) this.#fail(`names ${name}, which is not defined`);
    return this.#scope.get(name);
  }

  #number(value: Value): number {
    if (typeof value === "number") return value;
    if (typeof value === "boolean") return value ? 1 : 0;
    return this.#fail(`counts with ${show(value)}, which is no number`);
  }

  #take(token: string): boolean {
    const found = this.#tokens[this.#at] === token;
    if (found) this.#at += 1;
    return found;
  }

  #fail(why: string): never {
    throw new PythonError(`the statement "${this.#text}" ${why}`);
  }
}

function compare(operator: string, left: Value, right: Value): boolean {
  if (operator === "==") return left === right;
  if (operator === "!=") return left !== right;
  if (operator === "in") return Array.isArray(right) && right.includes(left);
  const [one, other] = [Number(left), Number(right)];
  return operator === "<"
    ? one < other
    : operator === "<="
      ? one <= other
      : operator === ">"
        ? one > other
        : one >= other;
}

const truth = (value: Value): boolean => (Array.isArray(value) ? value.length > 0 : Boolean(value));

function show(value: Value): string {
  if (value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  return Array.isArray(value) ? `(${value.map(show).join(", ")})` : String(value);
}

function format(template: string, values: Value): string {
  const list = Array.isArray(values) ? [...values] : [values];
  return template.replace(/%([-0-9.]*)([a-z%])/g, (_, __, kind: string) =>
    kind === "%" ? "%" : kind === "x" ? Number(list.shift()).toString(16) : show(list.shift()),
  );
}
