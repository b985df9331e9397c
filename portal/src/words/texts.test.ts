import { expect, it } from "vitest";

import { words as home } from "./home.ts";
import { words as shell } from "./shell.ts";
import { textFor } from "./texts.ts";

it("gives a text, and a function for a text that wants to know something", () => {
  expect(shell.retry).toBe("Try again");
  expect(shell.retryAfter({ seconds: 5 })).toBe("The service asks to wait 5 s.");
});

it("chooses the plural of the language", () => {
  expect(home.failed({ count: 1 })).toBe("1 Cloud PC has failed");
  expect(home.failed({ count: 1_200 })).toBe("1,200 Cloud PCs have failed");
});

it("has nothing for a code that it does not know", () => {
  expect(textFor(shell.failedPages, 404)).toBe("This page does not exist");
  expect(textFor(shell.failedPages, "toString")).toBeUndefined();
});
