// In the MicroPython VM: encodes the first argv[2] reports of tests/shared/test_report.py, decodes them again, and
// prints how many there were and the SHA-256 of all payloads.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadMicroPython } from "@micropython/micropython-webassembly-pyscript";

const ROOT = join(import.meta.dirname, "../..");
const sha256 = createHash("sha256");
const vm = await loadMicroPython({ heapsize: 8 * 1024 * 1024, stdout: (line) => console.error(line), linebuffer: true });
for (const folder of ["codec", "tests/shared"]) {
  vm.FS.mkdirTree(`/lib/${folder}`);
  for (const name of readdirSync(join(ROOT, folder)).filter((name) => name.endsWith(".py"))) {
    vm.FS.writeFile(`/lib/${folder}/${name}`, readFileSync(join(ROOT, folder, name)));
  }
}
vm.registerJsModule("_host", { take: (hex) => void sha256.update(Buffer.from(hex, "hex")) });
vm.globals.set("wanted", Number(process.argv[2]));
vm.runPython(`
import sys
sys.path[:] = ["/lib"]
import _host
from codec import message, report
from tests.shared.test_report import random_reports
reports = random_reports(wanted)
count = 0

def go_on():
    global count
    for values in reports:
        payload = report.encode(values)
        assert report.decode(payload) == values
        assert message.decode(payload) == (values, (0, b""))
        _host.take(payload.hex())
        count += 1
        if count % 100 == 0:
            return True
    return False
`);
const goOn = vm.globals.get("go_on");
while (goOn()); // this build collects garbage only between two calls from the host
console.log(JSON.stringify({ count: vm.globals.get("count"), sha256: sha256.digest("hex") }));
