import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** React Aria brings its sentences in thirty-odd languages; the page speaks two. */
function onlyOurLanguages(): Plugin {
  const language = /[/\\]intl[/\\].*?([a-z]{2}-[A-Z]{2})\.(mjs|js|cjs)$/;
  return {
    name: "only-our-languages",
    enforce: "pre",
    load(id) {
      const found = language.exec(id);
      return found && found[1] !== "en-US" && found[1] !== "zh-TW" ? "export default {};" : null;
    },
  };
}

export default defineConfig({
  plugins: [onlyOurLanguages(), react()],
  base: "./",
  build: { target: "es2023", assetsInlineLimit: 0, modulePreload: { polyfill: false }, sourcemap: false, chunkSizeWarningLimit: 700 },
  server: { proxy: { "/api": { target: process.env["GESSO_URL"] ?? "http://127.0.0.1:8463" } } },
  // Some build the page, which takes a while on a machine that does other work too.
  test: { include: ["tests/**/*.test.ts"], environment: "node", testTimeout: 60_000 },
} as Parameters<typeof defineConfig>[0]);
