// A virtual board's chip: MicroPython with a REPL, its files kept over every reset, the rest asked of the simulator.
// Lines of JSON: in come ["boot", {isRaw: goes on, without: modules}] and ["typed", bytes as Latin-1], and the answers to what went out as "ask".
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { readFileSync, readdirSync, readSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadMicroPython } from "@micropython/micropython-webassembly-pyscript";

const ROM = join(dirname(fileURLToPath(import.meta.url)), "rom");
const MACHINE = process.argv[2];
const CTRL_A = 0x01, CTRL_B = 0x02, CTRL_D = 0x04, CTRL_E = 0x05;
const FORCED_EXIT = 0x100; // what the REPL says after SystemExit and Ctrl-D
const WINDOW = 0x4000; // of raw paste

let waiting = "";
const chunk = Buffer.alloc(65536);

/** The next message of the simulator, null when it is gone; blocks, as a board's bus does. */
function read() {
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

function write(...message) {
  const line = Buffer.from(`${JSON.stringify(message)}\n`);
  for (let at = 0; at < line.length; ) at += writeSync(1, line, at);
}

function ask(question) {
  write("ask", question);
  const answer = read();
  if (answer === null) process.exit(0);
  return answer;
}

function aesEcb(key, blocks, encrypting) {
  const make = encrypting ? createCipheriv : createDecipheriv;
  const cipher = make("aes-128-ecb", Buffer.from(key, "hex"), null).setAutoPadding(false);
  return Buffer.concat([cipher.update(blocks, "hex"), cipher.final()]).toString("hex");
}

// Folders of the host, which are not in a board's flash.
const NOT_FLASH = ["dev", "home", "proc", "rom", "tmp"];

function filesOf(fs, folder) {
  const found = [];
  for (const name of fs.readdir(folder || "/")) {
    if (name === "." || name === ".." || (folder === "" && NOT_FLASH.includes(name))) continue;
    const path = `${folder}/${name}`;
    if (fs.isDir(fs.stat(path).mode)) found.push([path, null], ...filesOf(fs, path));
    else found.push([path, fs.readFile(path)]);
  }
  return found;
}

let vm = null;
let muted = false;
let isRaw = false;
let skip = 0; // so many bytes of the output: raw paste has said them already

// Emscripten's ENOENT is 44; a board's is 2. What may be the beginning of it waits for the next bytes.
const THEIRS = "OSError: 44", OURS = "OSError: 2";
let held = "";

function say(data) {
  if (muted) return;
  const cut = Math.min(skip, data.length);
  skip -= cut;
  const text = (held + Buffer.from(data).subarray(cut).toString("latin1")).replace(THEIRS, OURS);
  let keep = Math.min(THEIRS.length - 1, text.length);
  while (!THEIRS.startsWith(text.slice(text.length - keep))) keep--;
  held = text.slice(text.length - keep);
  if (text.length > keep) write("say", text.slice(0, text.length - keep));
}

/** Whatever starts the chip anew: the files stay, main.py runs. False when that ended the chip again. */
async function boot(without) {
  const files = vm ? filesOf(vm.FS, "") : [];
  muted = true;
  vm = await loadMicroPython({ heapsize: 512 * 1024, stdout: say, linebuffer: false });
  vm.registerJsModule("_host", { aes_ecb: aesEcb, ask, machine: () => MACHINE, random: (size) => randomBytes(size).toString("hex") });
  vm.FS.mkdirTree("/rom");
  for (const name of readdirSync(ROM).filter((name) => name.endsWith(".py") && !without.includes(name)))
    vm.FS.writeFile(`/rom/${name}`, readFileSync(join(ROM, name)));
  for (const [path, content] of files) {
    if (content === null) vm.FS.mkdirTree(path);
    else vm.FS.writeFile(path, content);
  }
  vm.runPython("import sys; sys.path[:] = ['/rom', '.frozen']; import start");
  muted = false;
  if (!isRaw && !runMain()) return false;
  muted = isRaw;
  vm.replInit();
  muted = false;
  if (isRaw) vm.replProcessChar(CTRL_A);
  return true;
}

/** main.py to its end; false when it ended the chip, by sleep or reset. */
function runMain() {
  if (!vm.FS.analyzePath("/main.py").exists) return true;
  try {
    vm.runPython(Buffer.from(vm.FS.readFile("/main.py")).toString("utf8"));
  } catch (error) {
    if (error.type === "SystemExit") return false;
    say(Buffer.from(error.message.replaceAll("\n", "\r\n") + "\r\n"));
  }
  return true;
}

let recent = [0, 0, 0];
let paste = null; // bytes of a command that comes by raw paste

/** One byte for the REPL; false when it ended the chip. */
function typed(byte) {
  if (paste) return pasted(byte);
  recent = [...recent, byte].slice(-3);
  if (recent[0] === CTRL_E && recent[1] === "A".charCodeAt(0) && byte === CTRL_A) {
    write("say", `R\x01${String.fromCharCode(WINDOW & 0xff, WINDOW >> 8)}`);
    paste = [];
    return true;
  }
  if (byte === CTRL_E || (recent[1] === CTRL_E && byte === "A".charCodeAt(0))) return true;
  if (byte === CTRL_A) isRaw = true;
  if (byte === CTRL_B) isRaw = false;
  return vm.replProcessChar(byte) !== FORCED_EXIT;
}

/** This build's own raw paste waits for standard input: its protocol is spoken here, on the plain raw REPL. */
function pasted(byte) {
  if (byte !== CTRL_D) {
    paste.push(byte);
    if (paste.length % WINDOW === 0) write("say", "\x01");
    return true;
  }
  const command = [...paste, CTRL_D];
  paste = null;
  recent = [0, 0, 0];
  write("say", "\x04");
  skip = "OK".length;
  return command.every((each) => vm.replProcessChar(each) !== FORCED_EXIT);
}

for (let line = read(); line !== null; line = read()) {
  const [kind, given] = JSON.parse(line);
  let goesOn = true;
  if (kind === "boot") {
    isRaw = isRaw && given.isRaw;
    [recent, paste, skip] = [[0, 0, 0], null, 0];
    goesOn = await boot(given.without.map((name) => `${name}.py`));
  } else for (const byte of Buffer.from(given, "latin1")) goesOn = goesOn && typed(byte);
  write(goesOn ? "idle" : "ended");
}
