import react from "@vitejs/plugin-react";
import { readdirSync } from "node:fs";
import { defineConfig } from "vite";

import { catalogues } from "./build/catalogues.ts";

/** The words of a feature go with its pages. */
const FEATURE = /src[\\/](?:features|words(?:[\\/]en)?)[\\/]([^\\/.]+)/;
const FEATURES = readdirSync(new URL("src/features", import.meta.url));

/**
 * What pages share, by subject: the first that a module's path matches. A chunk is a request to the function app at a
 * first visit, so that there are few; but a page without a form loads no form, and one without a list no list.
 * *pages*: how many have to use a module.
 */
const SHARED: readonly { readonly name: string; readonly test?: RegExp; readonly pages?: number }[] = [
  { name: "links", test: /react-link[\\/]/ },
  { name: "charts", test: /components[\\/](?:chart|clock-ticks|time)|words[\\/](?:en[\\/])?charts/ },
  {
    name: "lists",
    test: /components[\\/](?:wide-table|data-table|(?:edited-)?list-|(?:use-)?select|row-behaviour|column)|virtual|react-table[\\/]/,
  },
  { name: "components", pages: 12 },
  {
    name: "forms",
    test: /components[\\/]form[\\/]|words[\\/](?:en[\\/])?form|react-(?:combobox|dialog|switch|textarea)[\\/]/,
  },
  { name: "words", test: /src[\\/]words/ },
  { name: "more" },
];

/** The chunks: what the first screen needs (libraries change seldom), what the pages of one folder share, what all do. */
const CHUNKS = [
  { name: "libraries", tags: ["$initial" as const], test: /node_modules/ },
  // The entry stays a chunk of its own: the budgets begin there.
  { name: "shell", tags: ["$initial" as const], test: /src[\\/](?!main)/ },
  shared({ name: featureOf, debugName: "features" }),
  ...SHARED.map(({ pages, ...group }) => shared(group, pages)),
];

/** Return the feature whose pages use a module; null where it is none of one. */
function featureOf(id: string): string | null {
  const name = FEATURE.exec(id)?.[1];
  return name !== undefined && FEATURES.includes(name) ? name : null;
}

/** Without their dependencies: each goes where its own path says. */
function shared<Group extends object>(group: Group, pages = 2) {
  return { ...group, minShareCount: pages, includeDependenciesRecursively: false };
}

/** `vite build` makes the bundle that is deployed; `--mode people` the one of `make run`, which signs in by choice. */
export default defineConfig(({ mode }) => ({
  base: "/portal/",
  plugins: [catalogues(), react()],
  build: {
    outDir: mode === "people" ? "dist-local" : "dist",
    emptyOutDir: true,
    manifest: true,
    sourcemap: false,
    target: "es2023",
    // A data: address in a stylesheet or a page would need a hole in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { output: { codeSplitting: { groups: CHUNKS } } },
  },
  server: { proxy: { "/api": process.env["DESKWRIGHT_API"] ?? "http://127.0.0.1:7071" } },
}));
