/** Builds the console's pages into the Python package and runs their tests. */
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const server = process.env.POSTROOM_CONSOLE ?? "http://127.0.0.1:18080";

export default defineConfig({
  root: folder("."),
  base: "/console/",
  plugins: [react()],
  resolve: { alias: { "@shared": folder("../shared"), "@console": folder("./src") } },
  css: { modules: { localsConvention: "camelCaseOnly" } },
  build: {
    outDir: folder("../../src/postroom/web/console"),
    emptyOutDir: true,
    assetsInlineLimit: 0, // the policy of the server allows no data: in scripts and fonts
    modulePreload: { polyfill: false },
    target: ["chrome123", "firefox128", "safari17.5"],
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { "/api": { target: server, secure: false } } },
  test: {
    environment: "jsdom",
    environmentOptions: { jsdom: { url: "http://localhost/console/" } },
    include: ["test/**/*.test.{ts,tsx}"],
    setupFiles: [folder("./test/setup.ts")],
    css: { modules: { classNameStrategy: "non-scoped" } },
    testTimeout: 60_000,
  },
});
