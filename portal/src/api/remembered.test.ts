import { expect, test } from "vitest";

import { Remembered } from "./remembered.ts";

const ADDRESS = "https://portal.example/api/me";

function asked(): Request {
  return new Request(ADDRESS);
}

test("what has not changed is taken from the answer before", async () => {
  const remembered = new Remembered();
  const first = asked();
  remembered.ask(first);
  expect(first.headers.get("If-None-Match")).toBeNull();
  await remembered.answer(
    first,
    new Response('{"a":1}', { headers: { ETag: '"one"', "Content-Type": "application/json" } }),
  );

  const second = asked();
  remembered.ask(second);
  expect(second.headers.get("If-None-Match")).toBe('"one"');
  const answer = await remembered.answer(second, new Response(null, { status: 304 }));
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({ a: 1 });
});

test("an error, and what has no ETag, is not kept", async () => {
  const remembered = new Remembered();
  await remembered.answer(asked(), new Response("{}", { status: 500, headers: { ETag: '"bad"' } }));
  await remembered.answer(asked(), new Response("{}"));
  const next = asked();
  remembered.ask(next);
  expect(next.headers.get("If-None-Match")).toBeNull();
});
