// A virtual board: the MicroPython VM's REPL on stdin and stdout, its files kept over every reset.
import { createCipheriv } from "node:crypto";
import { loadMicroPython } from "@micropython/micropython-webassembly-pyscript";

const CTRL_A = 0x01, CTRL_D = 0x04, CTRL_E = 0x05;

// What the board has and this build of MicroPython has not. NAMES come from the device module.
const CRYPTOLIB = `
import _host
class aes:
    def __init__(self, key, mode):
        self._key = key.hex()
    def encrypt(self, blocks):
        return bytes.fromhex(_host.aes_ecb(self._key, blocks.hex()))
`;

// The parts of machine that firmware/hardware.py uses: an A02YYUW at 2 m on every UART, an SHT3x on every I2C
// bus, 1.8 V at every analogue pin.
const MACHINE = `
import time
PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 2, 3, 4, 5
def reset_cause(): return PWRON_RESET
class Pin:
    IN, OUT, PULL_UP = 0, 1, 2
    def __init__(self, number, *mode, value=1): self._value = value
    def value(self, *new):
        if new: self._value = new[0]
        return self._value
class ADC:
    def __init__(self, pin): pass
    def read_uv(self): return 730000
class WDT:
    def __init__(self, timeout): pass
    def feed(self): pass
class RTC:
    _kept = b''
    def memory(self, *new):
        if new: RTC._kept = bytes(new[0])
        return RTC._kept
class UART:
    def __init__(self, port, baudrate, **pins): pass
    def any(self): return 4
    def read(self, size=64): return b'\\xff\\x07\\xd0\\xd6'
    def write(self, data): return len(data)
def crc8(word):
    crc = 0xff
    for byte in word:
        crc ^= byte
        for _ in range(8): crc = (crc << 1 ^ 0x31 if crc & 0x80 else crc << 1) & 0xff
    return crc
class I2C:
    def __init__(self, port, **pins): pass
    def writeto(self, address, data):
        if address != 0x44: raise OSError(19)
        return len(data)
    def readfrom(self, address, size):
        word = b'\\x66\\x66'
        return ((word + bytes([crc8(word)])) * 2)[:size]
`;
const MENDS = `
import os, sys
sys.path[:] = ['', 'lib', '/lib']
_stat = os.stat
os.stat = lambda path: _stat(path or '.')
os.chdir('/flash')
`;

function aesEcb(key, blocks) {
  const cipher = createCipheriv("aes-128-ecb", Buffer.from(key, "hex"), null).setAutoPadding(false);
  return Buffer.concat([cipher.update(blocks, "hex"), cipher.final()]).toString("hex");
}

function filesOf(fs, folder) {
  const found = [];
  for (const name of fs.readdir(folder)) {
    if (name === "." || name === "..") continue;
    const path = `${folder}/${name}`;
    if (fs.isDir(fs.stat(path).mode)) found.push([path, null], ...filesOf(fs, path));
    else found.push([path, fs.readFile(path)]);
  }
  return found;
}

let vm = null;
let muted = false;

// Emscripten's ENOENT is 44; a board's is 2. What may be the beginning of it waits for the next bytes.
const THEIRS = "OSError: 44", OURS = "OSError: 2";
let held = "";

function say(data) {
  if (muted) return;
  let text = (held + Buffer.from(data).toString("latin1")).replace(THEIRS, OURS);
  let keep = Math.min(THEIRS.length - 1, text.length);
  while (!THEIRS.startsWith(text.slice(text.length - keep))) keep--;
  held = text.slice(text.length - keep);
  process.stdout.write(text.slice(0, text.length - keep), "latin1");
}

async function boot() {
  const files = vm ? filesOf(vm.FS, "/flash") : [];
  muted = true;
  vm = await loadMicroPython({ heapsize: 512 * 1024, stdout: say, linebuffer: false });
  vm.registerJsModule("_host", { aes_ecb: aesEcb });
  vm.FS.mkdirTree("/flash");
  vm.FS.mkdirTree("/lib");
  vm.FS.writeFile("/lib/cryptolib.py", CRYPTOLIB);
  vm.FS.writeFile("/lib/machine.py", MACHINE);
  for (const [path, content] of files) {
    if (content === null) vm.FS.mkdirTree(path);
    else vm.FS.writeFile(path, content);
  }
  vm.runPython(MENDS);
  vm.replInit();
  muted = false;
}

let recent = [];

async function typed(byte) {
  recent = [...recent, byte].slice(-3);
  // mpremote's probe for raw paste, which blocks on stdin: answered as a board that does not know it.
  if (recent[0] === CTRL_E && recent[1] === "A".charCodeAt(0) && byte === CTRL_A) {
    process.stdout.write("R\x00");
    return;
  }
  if (recent[1] === CTRL_E && byte === "A".charCodeAt(0)) return;
  if (byte === CTRL_E) return;
  if (await vm.replProcessCharWithAsyncify(byte)) {
    process.stdout.write("soft reboot\r\n");
    await boot();
  }
}

await boot();
process.stdout.write("ready\n");
let queue = Promise.resolve();
process.stdin.on("data", (chunk) => {
  queue = queue.then(async () => {
    for (const byte of chunk) await typed(byte);
  });
});
process.stdin.on("end", () => process.exit(0));
