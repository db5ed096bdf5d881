// Builds the front end into dist/: widget.js and the demo page. "--watch" builds again on every change.
import { context, build, transform } from "esbuild";
import { cp, mkdir, readFile, rm } from "node:fs/promises";
import { basename } from "node:path";
import { gzipSync } from "node:zlib";

const WIDGET_LIMIT = 30 * 1024; // Bytes, gzipped: what a clinic's page may pay for the chat.

/** Imports of style sheets become their minified text, for the widget's shadow root. */
const sheets = {
  name: "sheets",
  setup(plugin) {
    plugin.onLoad({ filter: /styles\/[^/]+\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, "utf8"), { loader: "css", minify: true, sourcefile: basename(path) });
      return { contents: code.trim(), loader: "text", watchFiles: [path] };
    });
  },
};

/** Refuses a widget that has grown too heavy. */
const weighed = {
  name: "weighed",
  setup(plugin) {
    plugin.onEnd(async ({ errors }) => {
      if (errors.length > 0) return;
      const size = gzipSync(await readFile("dist/widget.js"), { level: 9 }).length;
      console.log(`dist/widget.js: ${(size / 1024).toFixed(1)} KB gzipped (limit ${WIDGET_LIMIT / 1024} KB)`);
      if (size <= WIDGET_LIMIT) return;
      return { errors: [{ text: `widget.js has ${size} bytes gzipped, ${size - WIDGET_LIMIT} more than it may have` }] };
    });
  },
};

const widget = {
  entryPoints: ["src/widget/index.ts"],
  outfile: "dist/widget.js",
  bundle: true,
  minify: true,
  format: "iife", // One classic script: "defer" and document.currentScript work with it.
  target: ["es2022", "chrome111", "firefox113", "safari16.4"],
  charset: "utf8",
  legalComments: "eof", // Lit's licence asks to be named.,
  plugins: [sheets, weighed],
};

process.chdir(import.meta.dirname ?? new URL(".", import.meta.url).pathname);
await mkdir("dist", { recursive: true });
await rm("dist/demo", { recursive: true, force: true });
await cp("src/demo", "dist/demo", { recursive: true });
try {
  if (process.argv.includes("--watch")) await (await context(widget)).watch();
  else await build(widget);
} catch {
  process.exitCode = 1; // esbuild has said what is wrong.
}
