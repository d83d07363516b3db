// What each module costs in the real MicroPython VM: argv[2] is a folder of .mpy files, argv[3] the modules to import
// in order, argv[4] those to import after an uplink. Prints one JSON line each: module, heap.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadMicroPython } from "@micropython/micropython-webassembly-pyscript";
import { copyTree } from "./vm.mjs";

const [folder, modules, onUse] = process.argv.slice(2);
const WINDOWS = "(start of TX to end of RX2)";

const vm = await loadMicroPython({ heapsize: 4 * 1024 * 1024, stdout: (line) => console.log(line), linebuffer: true });
copyTree(vm.FS, folder, "/lib");
vm.runPython("import sys; sys.path[:] = ['/lib']");
vm.runPython(readFileSync(join(import.meta.dirname, "measure_size.py"), "utf8"));

/** Heap in use. This build collects garbage only between two calls from the host. */
function heap() {
  vm.runPython("gc.collect()");
  return vm.globals.get("used")();
}

function report(module, step) {
  const before = heap();
  vm.runPython(step);
  console.log(JSON.stringify({ module, heap: heap() - before }));
}

heap();
for (const module of modules.split(" ")) report(module, `import ${module}`);
report("(one Mac with its session)", "mac = new_mac()");
vm.runPython("cycle(mac)");
heap();
console.log(JSON.stringify({ module: "(one uplink cycle)", heap: vm.globals.get("cycle")(vm.globals.get("mac")) }));
for (const module of onUse.split(" ")) report(module, `import ${module}`);
vm.runPython("windows(mac)");
heap();
console.log(JSON.stringify({ module: WINDOWS, heap: vm.globals.get("windows")(vm.globals.get("mac")) }));
