// What codec/decoder.js returns, for each line of standard input {"do": function, "input": its argument}, as JSON.
// The decoder runs unchanged in a bare context: no Buffer, no TextDecoder, no require.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import vm from "node:vm";

const context = vm.createContext(Object.create(null));
vm.runInContext(readFileSync(join(import.meta.dirname, "../../codec/decoder.js"), "utf8"), context);
vm.runInContext(
  "function say(line) { line = JSON.parse(line); return JSON.stringify(this[line['do']](line.input)); }",
  context,
);
const answers = readFileSync(0, "utf8")
  .split("\n")
  .map((line) => context.say(line));
process.stdout.write(answers.join("\n") + "\n");
