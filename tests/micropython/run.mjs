// Runs tests/shared in the real MicroPython VM and prints one JSON line for each test: module, name, error, result.
import { createCipheriv, createDecipheriv } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadMicroPython } from "@micropython/micropython-webassembly-pyscript";

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, "..", "..");
const SHARED = "tests/shared";

// The boards have cryptolib, this build does not: the same class over Node's AES.
const CRYPTOLIB = `
import _host

class aes:
    def __init__(self, key, mode):
        if mode != 1:
            raise ValueError("only ECB is served here")
        self._key = key.hex()

    def encrypt(self, blocks):
        return bytes.fromhex(_host.aes_ecb(self._key, blocks.hex(), True))

    def decrypt(self, blocks):
        return bytes.fromhex(_host.aes_ecb(self._key, blocks.hex(), False))
`;

function aesEcb(key, blocks, encrypting) {
  const make = encrypting ? createCipheriv : createDecipheriv;
  const cipher = make("aes-128-ecb", Buffer.from(key, "hex"), null).setAutoPadding(false);
  return Buffer.concat([cipher.update(blocks, "hex"), cipher.final()]).toString("hex");
}

/** Copy a folder's Python files to the same place under /lib, which is what a board's /lib holds. */
function copyTree(fs, folder) {
  fs.mkdirTree(`/lib/${folder}`);
  for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory() && entry.name !== "__pycache__") copyTree(fs, path);
    else if (entry.name.endsWith(".py")) fs.writeFile(`/lib/${path}`, readFileSync(join(ROOT, path)));
  }
}

const modules = readdirSync(join(ROOT, SHARED))
  .filter((name) => /^test_\w+\.py$/.test(name))
  .map((name) => name.slice(0, -3))
  .sort();

const vm = await loadMicroPython({ heapsize: 8 * 1024 * 1024, stdout: (line) => console.error(line), linebuffer: true });
vm.registerJsModule("_host", {
  aes_ecb: aesEcb,
  modules: () => modules.join(" "),
  report: (line) => console.log(line),
});
for (const folder of ["codec", "firmware", SHARED]) copyTree(vm.FS, folder);
vm.FS.writeFile("/lib/cryptolib.py", CRYPTOLIB);
vm.runPython("import sys; sys.path[:] = ['/lib']");
vm.runPython(readFileSync(join(HERE, "run_shared.py"), "utf8"));
