import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** `vite build` makes the bundle that is deployed; `--mode people` the one of `make run`, which signs in by choice. */
export default defineConfig(({ mode }) => ({
  base: "/portal/",
  plugins: [react()],
  build: {
    outDir: mode === "people" ? "dist-local" : "dist",
    emptyOutDir: true,
    manifest: true,
    sourcemap: false,
    target: "es2023",
    // A data: address in a stylesheet or a page would need a hole in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/api": process.env["DESKWRIGHT_API"] ?? "http://127.0.0.1:7071" } },
}));
