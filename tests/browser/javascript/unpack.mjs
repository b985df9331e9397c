/** Unpack the browser and its libraries below TMPDIR, and print the path of the program. */
import chromium from "@sparticuz/chromium";

chromium.setGraphicsMode = false;
console.log(JSON.stringify({ path: await chromium.executablePath(), arguments: chromium.args }));
