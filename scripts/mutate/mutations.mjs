// Finds possible mutations in a compiled module. The compiler only strips types, so a statement of
// dist/ is a statement of src/, and a mutation needs no rebuild.
import { parse } from "acorn";

const comparisons = {
  "<": "<=",
  "<=": "<",
  ">": ">=",
  ">=": ">",
  "===": "!==",
  "!==": "===",
  "==": "!=",
  "!=": "==",
};
const arithmetic = {
  "+": "-",
  "-": "+",
  "*": "/",
  "/": "*",
  "%": "*",
  "&": "|",
  "|": "&",
  "^": "&",
  "<<": ">>",
  ">>": "<<",
  ">>>": "<<",
  "**": "*",
};
const logical = { "&&": "||", "||": "&&", "??": "&&" };
const assignments = {
  "+=": "-=",
  "-=": "+=",
  "*=": "/=",
  "|=": "&=",
  "&=": "|=",
  "<<=": ">>=",
  ">>=": "<<=",
  "??=": "=",
};

/**
 * Every mutation of a module's text: `{ start, end, text, operator }` replaces text[start, end) by
 * `text`. `compilers` says that it is in code that the compiler adds, as for `using`.
 */
export function mutationsOf(source) {
  const found = [];
  const textOf = (node) => source.slice(node.start, node.end);
  let compilers = false;
  const push = (mutation) => found.push({ ...mutation, compilers });
  const add = (operator, node, text) => {
    if (text !== textOf(node)) push({ operator, start: node.start, end: node.end, text });
  };
  /** Replaces the operator between two operands. */
  const addBetween = (operator, left, right, from, to) => {
    const start = source.indexOf(from, left.end);
    if (start >= 0 && start < right.start) push({ operator, start, end: start + from.length, text: to });
  };

  /** A condition that is always or never true. */
  const addCondition = (test) => {
    add("condition", test, "true");
    add("condition", test, "false");
  };

  const visitors = {
    IfStatement: ({ test }) => addCondition(test),
    ConditionalExpression: ({ test }) => addCondition(test),
    WhileStatement: ({ test }) => addCondition(test),
    DoWhileStatement: ({ test }) => addCondition(test),
    ForStatement: ({ test }) => test && add("condition", test, "false"),
    BinaryExpression({ operator, left, right }) {
      const isText = [left, right].some(
        ({ type, value }) => type === "TemplateLiteral" || typeof value === "string",
      );
      if (operator in comparisons) addBetween("comparison", left, right, operator, comparisons[operator]);
      else if (operator in arithmetic && !isText)
        addBetween("arithmetic", left, right, operator, arithmetic[operator]);
    },
    LogicalExpression({ operator, left, right }) {
      addBetween("logical", left, right, operator, logical[operator]);
    },
    UnaryExpression(node) {
      if (["!", "-", "~"].includes(node.operator)) add("negation", node, textOf(node.argument));
    },
    UpdateExpression(node) {
      const opposite = node.operator === "++" ? "--" : "++";
      add("update", node, textOf(node).replace(node.operator, opposite));
    },
    AssignmentExpression({ operator, left, right }) {
      if (operator in assignments) addBetween("assignment", left, right, operator, assignments[operator]);
    },
    Literal(node) {
      const { value, bigint } = node;
      if (typeof value === "boolean") add("boolean", node, String(!value));
      else if (typeof value === "number") add("number", node, value === 1 ? "0" : `${value + 1}`);
      else if (bigint !== undefined) add("number", node, `${BigInt(bigint) + 1n}n`);
      // Text for people is reviewed by people.
      else if (typeof value === "string" && !value.includes(" "))
        add("string", node, value === "" ? '"mutated"' : '""');
    },
    ArrayExpression(node) {
      if (node.elements.length > 0) add("array", node, "[]");
    },
    ExpressionStatement(node) {
      const isSuper = node.expression.callee?.type === "Super";
      if (node.directive === undefined && !isSuper) add("statement", node, ";");
    },
    ReturnStatement(node) {
      if (node.argument) add("return", node, "return;");
    },
    ThrowStatement: (node) => add("throw", node, ";"),
    ContinueStatement: (node) => add("continue", node, ";"),
    BreakStatement: (node) => add("break", node, ";"),
    TryStatement({ finalizer }) {
      if (finalizer?.body.length > 0) add("finally", finalizer, "{}");
    },
    SpreadElement() {},
  };

  /** A function that returns immediately. */
  const addEarlyReturn = (node, parent) => {
    const { body } = node;
    if (body?.type !== "BlockStatement" || parent?.kind === "constructor") return;
    // A single statement is mutated as such.
    if (body.body.length < 2) return;
    push({ operator: "early return", start: body.start + 1, end: body.start + 1, text: " return;" });
  };

  const visit = (node, parent) => {
    if (/^(Import|ExportAll)/.test(node.type)) return;
    const isHelper = node.type === "VariableDeclarator" && node.id.name?.startsWith("__");
    if (isHelper) compilers = true;
    visitors[node.type]?.(node, parent);
    if (/Function/.test(node.type)) addEarlyReturn(node, parent);
    for (const [key, child] of Object.entries(node)) {
      // Names of properties, modules and messages are not values.
      if (key === "source" || (key === "key" && !node.computed)) continue;
      for (const each of Array.isArray(child) ? child : [child])
        if (typeof each?.type === "string") visit(each, node);
    }
    if (isHelper) compilers = false;
  };
  visit(parse(source, { ecmaVersion: "latest", sourceType: "module" }), undefined);
  return found;
}
