// A MicroPython VM with folders of ours under /lib, and the cryptolib that boards have and this build has not.
import { createCipheriv, createDecipheriv } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadMicroPython } from "@micropython/micropython-webassembly-pyscript";

export const HERE = dirname(fileURLToPath(import.meta.url));
export const ROOT = join(HERE, "..", "..");

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

/** Copy a folder's Python files, or compiled ones, into the VM. */
export function copyTree(fs, from, to) {
  fs.mkdirTree(to);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (entry.name === "__pycache__") continue;
    if (entry.isDirectory()) copyTree(fs, join(from, entry.name), `${to}/${entry.name}`);
    else if (/\.m?py$/.test(entry.name)) fs.writeFile(`${to}/${entry.name}`, readFileSync(join(from, entry.name)));
  }
}

/** `folders` lie under the repository's root; `host` is what Python finds in _host beside AES. */
export async function start(folders, stdout, host = {}) {
  const vm = await loadMicroPython({ heapsize: 8 * 1024 * 1024, stdout, linebuffer: true });
  vm.registerJsModule("_host", { aes_ecb: aesEcb, ...host });
  for (const folder of folders) copyTree(vm.FS, join(ROOT, folder), `/lib/${folder}`);
  vm.FS.writeFile("/lib/cryptolib.py", CRYPTOLIB);
  vm.runPython("import sys; sys.path[:] = ['/lib']");
  return vm;
}
