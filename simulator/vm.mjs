// Hosts the firmware's files in the MicroPython VM for the simulator, one VM for all nodes of a run.
// Lines on standard input are commands; a line back is "?" and a question to the board, or "=" and the answer.
import { createCipheriv, createDecipheriv } from "node:crypto";
import { readdirSync, readFileSync, readSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadMicroPython } from "@micropython/micropython-webassembly-pyscript";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");

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

// The board as the firmware sees it: whatever it asks of it is asked of the simulator's board outside.
const DRIVER = `
import json
import _host
from firmware import main as firmware_main

_programs = {}


class Remote:
    def __init__(self, node, handle):
        self._node = node
        self._handle = handle

    def __getattr__(self, name):
        node, handle = self._node, self._handle
        got = _ask(node, "get", handle, name)
        if got != "callable":
            return _opened(node, got)
        return lambda *args: _opened(node, _ask(node, "call", handle, name, [_packed(arg) for arg in args]))


def _ask(node, *question):
    return json.loads(_host.ask(json.dumps([node] + list(question))))


def _packed(value):
    if isinstance(value, (bytes, bytearray)):
        return {"bytes": value.hex()}
    if isinstance(value, tuple):
        return {"tuple": list(value)}
    return value


def _opened(node, answer):
    kind, value = answer
    if kind == "bytes":
        return bytes.fromhex(value)
    if kind == "object":
        return Remote(node, value)
    if kind == "coroutine":
        return _drive(node, value)
    if kind == "errno":
        raise OSError(value)
    if kind == "reset":
        raise SystemExit
    if kind == "absent":
        raise AttributeError(value)
    return value


def _drive(node, handle):
    while True:
        kind, value = answer = _ask(node, "step", handle)
        if kind != "until":
            return _opened(node, answer)
        yield value


def command(line):
    node, verb, files = json.loads(line)
    if verb == "boot":
        _programs[node] = firmware_main.assemble(Remote(node, 0), lambda name: files[name]).wake()
    try:
        return json.dumps(["until", _programs[node].send(None)])
    except StopIteration as stop:
        del _programs[node]
        return json.dumps(["done", stop.value])
    except SystemExit:
        del _programs[node]
        return json.dumps(["done", 0])
`;

function aesEcb(key, blocks, encrypting) {
  const make = encrypting ? createCipheriv : createDecipheriv;
  const cipher = make("aes-128-ecb", Buffer.from(key, "hex"), null).setAutoPadding(false);
  return Buffer.concat([cipher.update(blocks, "hex"), cipher.final()]).toString("hex");
}

function copyTree(fs, folder) {
  fs.mkdirTree(`/lib/${folder}`);
  for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory() && entry.name !== "__pycache__") copyTree(fs, path);
    else if (entry.name.endsWith(".py")) fs.writeFile(`/lib/${path}`, readFileSync(join(ROOT, path)));
  }
}

let waiting = "";
const chunk = Buffer.alloc(65536);

/** The next line of standard input, null at its end; blocks, as a board's bus does. */
function readLine() {
  while (!waiting.includes("\n")) {
    const size = readSync(0, chunk, 0, chunk.length, null);
    if (size === 0) return null;
    waiting += chunk.toString("utf8", 0, size);
  }
  const end = waiting.indexOf("\n");
  const line = waiting.slice(0, end);
  waiting = waiting.slice(end + 1);
  return line;
}

function ask(question) {
  writeSync(1, `?${question}\n`);
  return readLine();
}

const vm = await loadMicroPython({ heapsize: 16 * 1024 * 1024, stdout: (line) => console.error(line), linebuffer: true });
vm.registerJsModule("_host", { aes_ecb: aesEcb, ask });
for (const folder of ["codec", "firmware"]) copyTree(vm.FS, folder);
vm.FS.writeFile("/lib/cryptolib.py", CRYPTOLIB);
vm.runPython("import sys; sys.path[:] = ['/lib']");
vm.runPython(DRIVER);
const command = vm.globals.get("command");
for (let line = readLine(); line !== null; line = readLine()) writeSync(1, `=${command(line)}\n`);
