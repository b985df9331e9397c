/** Compare what a browser has to load with the budgets; more than that fails the build. Sizes are of gzip copies. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const KB = 1_000;
/** What the first screen loads, without the sign-in. */
const FIRST_SCREEN = 250 * KB;
const SIGN_IN = 75 * KB;
/** What a further page loads that the first screen has not. */
const PAGE = 60 * KB;
/** So many requests for assets a first visit of any page makes, with its document, icon, style sheets and the sign-in. */
const REQUESTS = 15;
/** The document and its icon. */
const ALWAYS = 2;
const SIGN_IN_MODULE = "src/sign-in/entra.ts";

interface Chunk {
  readonly file: string;
  readonly css?: readonly string[];
  readonly imports?: readonly string[];
  readonly dynamicImports?: readonly string[];
}

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  throw new Error("usage: node budgets.ts <folder of the bundle>");
}
const manifest = JSON.parse(readFileSync(join(folder, ".vite/manifest.json"), "utf8")) as Record<string, Chunk>;

function loadedBy(name: string, found = new Set<string>()): Set<string> {
  if (!found.has(name)) {
    found.add(name);
    for (const each of manifest[name]?.imports ?? []) {
      loadedBy(each, found);
    }
  }
  return found;
}

function sizeOf(names: Iterable<string>): number {
  let size = 0;
  for (const name of names) {
    const chunk = manifest[name];
    if (chunk !== undefined) {
      size += statSync(join(folder ?? "", `${chunk.file}.gz`)).size;
    }
  }
  return size;
}

function requestsOf(names: ReadonlySet<string>): number {
  const styles = new Set([...names].flatMap((name) => manifest[name]?.css ?? []));
  return ALWAYS + names.size + styles.size;
}

const first = loadedBy("index.html");
const lines: [string, number, number][] = [["first screen", sizeOf(first), FIRST_SCREEN]];
for (const name of Object.keys(manifest)) {
  if (name.startsWith("src/") && !first.has(name)) {
    const own = [...loadedBy(name)].filter((each) => !first.has(each));
    lines.push([name, sizeOf(own), name === SIGN_IN_MODULE ? SIGN_IN : PAGE]);
  }
}
let over = 0;
for (const [name, size, budget] of lines) {
  if (size > budget) {
    over += 1;
    console.error(`${name}: ${(size / KB).toFixed(1)} KB, the budget is ${budget / KB} KB`);
  }
}
const visits = Object.keys(manifest)
  .filter((name) => /^src\/.*-page\.tsx$/.test(name))
  .map((name) => [name, requestsOf(new Set([...first, ...loadedBy(name), ...loadedBy(SIGN_IN_MODULE)]))] as const);
for (const [name, count] of visits) {
  if (count > REQUESTS) {
    over += 1;
    console.error(`${name}: ${count} requests for assets at a first visit, the budget is ${REQUESTS}`);
  }
}
if (over > 0) {
  process.exit(1);
}
const most = Math.max(...visits.map(([, count]) => count));
console.log(
  `first screen ${((lines[0]?.[1] ?? 0) / KB).toFixed(1)} KB of ${FIRST_SCREEN / KB}, ${lines.length - 1} further parts`,
);
console.log(`at most ${most} of ${REQUESTS} requests for assets at a first visit`);
