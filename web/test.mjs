// Bundles the unit tests and runs them with node's own test runner. Arguments go to it: node test.mjs --test-name-pattern=slots
import { build } from "esbuild";
import { spawnSync } from "node:child_process";
import { readdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL(".", import.meta.url)));
const outdir = "node_modules/.cache/agentcare-tests";
const entryPoints = (await readdir("test")).filter((name) => name.endsWith(".test.ts")).map((name) => join("test", name));
await rm(outdir, { recursive: true, force: true });
await build({
  entryPoints,
  outdir,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  sourcemap: "inline",
  logLevel: "warning",
});
const files = entryPoints.map((path) => join(outdir, basename(path, ".ts") + ".mjs"));
const { status } = spawnSync(process.execPath, ["--enable-source-maps", "--test", "--test-reporter=spec", ...process.argv.slice(2), ...files], { stdio: "inherit" });
process.exitCode = status ?? 1;
