// Documents in the JavaScript Automerge, driven over standard input: one JSON array of commands a line, one array of
// answers a line. Bytes are hex. Text indexes are code points outside and UTF-16 units inside.
import { createInterface } from "node:readline";
import * as A from "@automerge/automerge";

const documents = new Map();

const bytes = (hex) => Uint8Array.from(Buffer.from(hex, "hex"));
const hex = (data) => Buffer.from(data).toString("hex");

// A plain JavaScript string would become a text object; our scalars are what Automerge calls immutable strings.
function scalar(value) {
  if (typeof value === "string") return new A.ImmutableString(value);
  if (value !== null && typeof value === "object") return "float" in value ? new A.Float64(value.float) : bytes(value.bytes);
  return value;
}

// Written so that 1 and 1.0, text and bytes look different on both sides.
function plain(value) {
  if (A.isImmutableString(value)) return ["text", value.toString()];
  if (value instanceof Uint8Array) return ["bytes", hex(value)];
  if (typeof value === "bigint") return ["number", Number(value)]; // from 2^53 - 1 on
  if (typeof value === "number") return ["number", value];
  if (value === null || typeof value === "boolean") return ["plain", value];
  throw new Error(`a value no document holds: ${value}`);
}

const isMap = (value) =>
  value !== null && typeof value === "object" && !A.isImmutableString(value) && !(value instanceof Uint8Array);

function read(document) {
  const found = {};
  for (const [field, value] of Object.entries(document)) {
    if (typeof value === "string") found[field] = value;
    else if (isMap(value)) {
      found[field] = Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
    } else found[field] = plain(value);
  }
  return found;
}

const units = (text, points) => Array.from(text).slice(0, points).join("").length;

function write(document, edit) {
  const { what, field, key, value } = edit;
  if (what === "put" && key === undefined) document[field] = scalar(value);
  else if (what === "put") document[field][key] = scalar(value);
  else if (what === "drop") delete document[field][key];
  else if (what === "agree") {
    const writer = edit.writer;
    for (const other of Object.keys(document[field])) if (other !== writer) delete document[field][other];
    document[field][writer] = scalar(value);
  } else if (what === "splice") {
    const text = document[field];
    const start = units(text, edit.index);
    const removed = units(text.slice(start), edit.remove);
    A.splice(document, [field], start, removed, edit.insert);
  } else throw new Error(`no such edit: ${what}`);
}

function carryOut(command) {
  const { id } = command;
  if (command.do === "new") {
    const [fresh] = A.applyChanges(A.init(command.actor), [bytes(command.genesis)]);
    documents.set(id, fresh);
    return null;
  }
  if (command.do === "edit") {
    const before = documents.get(id);
    const after = A.change(before, (draft) => command.edits.forEach((edit) => write(draft, edit)));
    documents.set(id, after);
    return A.getChanges(before, after).map(hex);
  }
  if (command.do === "apply") {
    const [after] = A.applyChanges(documents.get(id), command.changes.map(bytes));
    documents.set(id, after);
    return null;
  }
  if (command.do === "read") {
    const document = documents.get(id);
    return { heads: A.getHeads(document).sort(), values: read(document) };
  }
  if (command.do === "forget") {
    A.free(documents.get(id));
    documents.delete(id);
    return null;
  }
  throw new Error(`no such command: ${command.do}`);
}

for await (const line of createInterface({ input: process.stdin })) {
  const answers = JSON.parse(line).map(carryOut);
  process.stdout.write(JSON.stringify(answers) + "\n");
}
