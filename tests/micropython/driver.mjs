// Runs test_lora_radio.py and test_real_board.py of tests/shared in the MicroPython VM, with micropython-lib's real
// lora driver on our twins. argv[2]: the folder micropython/lora of a checkout of micropython-lib. One line a test.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { copyTree, HERE, start } from "./vm.mjs";

const DRIVER = process.argv[2];

const vm = await start(["boards", "codec", "firmware", "tests/shared"], (line) => console.log(line));
for (const part of ["lora", "lora-sync", "lora-sx126x", "lora-sx127x"])
  copyTree(vm.FS, join(DRIVER, part, "lora"), "/lib/lora");
try {
  vm.runPython(readFileSync(join(HERE, "run_driver.py"), "utf8"));
} catch (error) {
  console.log(error.message);
  process.exit(1);
}
if (!vm.globals.get("passed")) process.exit(1);
