/** Write a brotli and a gzip copy beside each file of a built bundle; the function app sends what a browser accepts. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  throw new Error("usage: node compress.ts <folder of the bundle>");
}
const TEXTS = /\.(css|html|js|svg)$/;
for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
  if (TEXTS.test(name)) {
    const path = join(folder, name);
    const content = readFileSync(path);
    writeFileSync(
      `${path}.br`,
      brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length } }),
    );
    writeFileSync(`${path}.gz`, gzipSync(content, { level: constants.Z_BEST_COMPRESSION }));
  }
}
