// Loads the page's scripts the way the page does: one after the other, into one global name.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import vm from "node:vm";

const folder = new URL("../../landinv/outputs/map/js/", import.meta.url);

export function load(...names) {
  for (const name of names) {
    const file = fileURLToPath(new URL(`${name}.js`, folder));
    vm.runInThisContext(readFileSync(file, "utf8"), { filename: file });
  }
  return globalThis.landinv;
}
