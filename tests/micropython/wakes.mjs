// A level node's wakes in the real MicroPython VM: argv[2] is a folder as the workbench builds it, argv[3] how many
// wakes, argv[4] the join-accept in hex. Prints one JSON line a wake: modules loaded by its end, the largest heap in
// use at any wait, and how long it sleeps.
import { createCipheriv } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadMicroPython } from "@micropython/micropython-webassembly-pyscript";

const [folder, wakes, accept] = process.argv.slice(2);

function aesEcb(key, blocks) {
  const cipher = createCipheriv("aes-128-ecb", Buffer.from(key, "hex"), null).setAutoPadding(false);
  return Buffer.concat([cipher.update(blocks, "hex"), cipher.final()]).toString("hex");
}

function copyTree(fs, from, to) {
  fs.mkdirTree(to);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (entry.isDirectory()) copyTree(fs, join(from, entry.name), `${to}/${entry.name}`);
    else fs.writeFile(`${to}/${entry.name}`, readFileSync(join(from, entry.name)));
  }
}

/** Deep sleep ends the program: each wake has a VM of its own, with the flash and the RTC memory of the one before. */
async function wakeUp(kept) {
  const vm = await loadMicroPython({ heapsize: 4 * 1024 * 1024, stdout: (line) => console.error(line), linebuffer: true });
  copyTree(vm.FS, folder, "/flash");
  for (const [path, content] of kept.files) vm.FS.writeFile(path, content);
  vm.registerJsModule("_host", {
    aes_ecb: aesEcb,
    join_accept: () => accept,
    rtc: () => kept.rtc,
    now_ms: () => kept.now_ms,
  });
  vm.runPython("import os, sys; os.chdir('/flash'); sys.path[:] = ['/flash', '/flash/lib']");
  vm.runPython(readFileSync(join(import.meta.dirname, "measure_wakes.py"), "utf8"));
  return vm;
}

const isStore = (name) => name.endsWith(".0") || name.endsWith(".1");

function keep(vm) {
  const names = vm.FS.readdir("/").filter(isStore);
  const files = names.map((name) => [`/${name}`, vm.FS.readFile(`/${name}`)]);
  return { files, rtc: vm.globals.get("rtc")(), now_ms: vm.globals.get("now_ms")() };
}

let kept = { files: [], rtc: "", now_ms: 0 };
for (let wake = 0; wake < Number(wakes); wake++) {
  const vm = await wakeUp(kept);
  const call = (name) => vm.globals.get(name)();
  // Heap in use. This build collects garbage only between two calls from the host.
  const heap = () => (vm.runPython("gc.collect()"), call("used"));
  const empty = heap();
  let peak = 0, pause = -1;
  const met = new Set();
  try {
    call("boot");
    while (pause < 0) {
      pause = call("step");
      call("loaded").split(" ").forEach((module) => met.add(module));
      peak = Math.max(peak, heap() - empty);
    }
  } catch (error) {
    console.error(error.message); // without the source line that Node.js would print: all of the VM's loader
    process.exit(1);
  }
  console.log(JSON.stringify({ peak, pause, modules: [...met].sort() }));
  kept = keep(vm);
}
