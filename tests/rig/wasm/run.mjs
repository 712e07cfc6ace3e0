// Runs a script in MicroPython's 32-bit WebAssembly build: node run.mjs MODULE FOLDER HEAP_BYTES CALL...
// FOLDER is copied into its file system; each CALL is Python, run in turn: between two of them garbage is collected,
// for this build cannot do so while Python runs.
import { readdirSync, readFileSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [module, folder, heap, ...calls] = process.argv.slice(2);
const { loadMicroPython } = await import(pathToFileURL(module));
const python = await loadMicroPython({
  heapsize: Number(heap),
  pystack: 64 * 1024,
  linebuffer: true,
  // At once: a script that never ends has said something, too.
  stdout: (line) => writeSync(1, line + "\n"),
});

function copy(from, to) {
  for (const name of readdirSync(from)) {
    const path = join(from, name);
    if (statSync(path).isDirectory()) {
      python.FS.mkdir(`${to}/${name}`);
      copy(path, `${to}/${name}`);
    } else {
      python.FS.writeFile(`${to}/${name}`, readFileSync(path));
    }
  }
}

python.FS.mkdir("/flash");
copy(folder, "/flash");
python.FS.chdir("/flash");
python.runPython("import sys\nsys.path[:] = ['/flash', '.frozen']");
for (const call of calls) {
  python.runPython(call);
}
