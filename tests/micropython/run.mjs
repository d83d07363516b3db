// Runs tests/shared in the real MicroPython VM and prints one JSON line for each test: module, name, error, result.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { HERE, ROOT, start } from "./vm.mjs";

const SHARED = "tests/shared";

const modules = readdirSync(join(ROOT, SHARED))
  .filter((name) => /^test_\w+\.py$/.test(name))
  .map((name) => name.slice(0, -3))
  .sort();

const vm = await start(["boards", "codec", "firmware", SHARED], (line) => console.error(line), {
  modules: () => modules.join(" "),
  report: (line) => console.log(line),
});
vm.runPython(readFileSync(join(HERE, "run_shared.py"), "utf8"));
