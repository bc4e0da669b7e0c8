// The page's scripts stay within 350 KB, compressed: all of them, whether or not a view loads them.
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMIT = 350 * 1024;
const folder = new URL("../dist/assets/", import.meta.url);
const sizes = readdirSync(folder).filter((name) => name.endsWith(".js")).map((name) => [name, gzipSync(readFileSync(new URL(name, folder))).length]);
const total = sizes.reduce((sum, [, size]) => sum + size, 0);
console.log(`scripts: ${Math.round(total / 1024)} KB of ${LIMIT / 1024} KB compressed`);
if (total > LIMIT) {
  console.error(sizes.map(([name, size]) => `${name} ${Math.round(size / 1024)} KB`).join("\n"));
  process.exit(1);
}
