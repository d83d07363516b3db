// What the payload part of the codec costs in the real MicroPython VM. argv[2] is a folder of .mpy files, argv[3..]
// the modules to import in order. Prints JSON: the heap each import took, and what each encoding allocated.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadMicroPython } from "@micropython/micropython-webassembly-pyscript";

const [folder, ...modules] = process.argv.slice(2);
const vm = await loadMicroPython({ heapsize: 1024 * 1024, stdout: (line) => console.error(line), linebuffer: true });
vm.FS.mkdirTree("/lib/codec");
for (const name of readdirSync(folder)) vm.FS.writeFile(`/lib/codec/${name}`, readFileSync(join(folder, name)));
vm.runPython("import sys; sys.path[:] = ['/lib']; import gc");

/** Heap in use. This build collects garbage only between two calls from the host. */
function heap() {
  vm.runPython("gc.collect()");
  vm.runPython("used = gc.mem_alloc()");
  return vm.globals.get("used");
}

const heaps = {};
heap();
for (const module of modules) {
  const before = heap();
  vm.runPython(`import ${module}`);
  heaps[module] = heap() - before;
}

vm.runPython(`
from codec import dialogue, report

def allocated(make, *arguments):
    make(*arguments)
    before = gc.mem_alloc()
    payload = make(*arguments)
    return gc.mem_alloc() - before, len(payload)
`);
const encodings = {};
for (const [name, call] of Object.entries(JSON.parse(readFileSync(0, "utf8")))) {
  heap();
  vm.runPython(`taken = allocated(${call})`);
  const [bytes, payload] = vm.globals.get("taken");
  encodings[name] = { bytes, payload };
}
console.log(JSON.stringify({ heaps, encodings }));
