// Runs tests/shared/test_lora_radio.py in the MicroPython VM with micropython-lib's real lora driver on our twins.
// argv[2]: the folder micropython/lora of a checkout of micropython-lib. Prints one line for each test.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadMicroPython } from "@micropython/micropython-webassembly-pyscript";

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, "..", "..");
const DRIVER = process.argv[2];

function copyTree(fs, from, to) {
  fs.mkdirTree(to);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (entry.name === "__pycache__") continue;
    if (entry.isDirectory()) copyTree(fs, join(from, entry.name), `${to}/${entry.name}`);
    else if (entry.name.endsWith(".py")) fs.writeFile(`${to}/${entry.name}`, readFileSync(join(from, entry.name)));
  }
}

const vm = await loadMicroPython({ heapsize: 8 * 1024 * 1024, stdout: (line) => console.log(line), linebuffer: true });
for (const folder of ["codec", "firmware", "tests/shared"]) copyTree(vm.FS, join(ROOT, folder), `/lib/${folder}`);
for (const part of ["lora", "lora-sync", "lora-sx126x", "lora-sx127x"])
  copyTree(vm.FS, join(DRIVER, part, "lora"), "/lib/lora");
vm.runPython("import sys; sys.path[:] = ['/lib']");
vm.FS.writeFile("/lib/cryptolib.py", "aes = None  # no frame is built here");
try {
  vm.runPython(readFileSync(join(HERE, "run_driver.py"), "utf8"));
} catch (error) {
  console.log(error.message);
  process.exit(1);
}
if (!vm.globals.get("passed")) process.exit(1);
