// What each module costs in the real MicroPython VM: argv[2] is a folder of .mpy files, argv[3..] modules to import
// in order. Prints one JSON line each: module, heap. The last line is what one uplink cycle allocates.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadMicroPython } from "@micropython/micropython-webassembly-pyscript";

const [folder, ...modules] = process.argv.slice(2);

function copyTree(fs, from, to) {
  fs.mkdirTree(to);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (entry.isDirectory()) copyTree(fs, join(from, entry.name), `${to}/${entry.name}`);
    else fs.writeFile(`${to}/${entry.name}`, readFileSync(join(from, entry.name)));
  }
}

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
for (const module of modules) report(module, `import ${module}`);
report("(one Mac with its session)", "mac = new_mac()");
vm.runPython("cycle(mac)");
heap();
console.log(JSON.stringify({ module: "(one uplink cycle)", heap: vm.globals.get("cycle")(vm.globals.get("mac")) }));
