import createClient, { type Client, type Middleware } from "openapi-fetch";

import type { SignIn } from "../sign-in/account.ts";
import { words } from "../words/shell.ts";
import { ApiError, UnreachableError } from "./errors.ts";
import { Remembered } from "./remembered.ts";
import type { paths } from "./schema.d.ts";
import { noteServiceTime } from "./service-time.ts";
import { Unanswered } from "./unanswered.ts";

/** What comes from here on may be an answer of something before the service: nobody knows whether it was done. */
const SERVER_ERRORS = 500;

export type Api = Client<paths>;

/** Make the client of the API; every request has a token of the signed-in person, every error answer is an ApiError. */
export function apiOf(signIn: SignIn): Api {
  const client = createClient<paths>({ baseUrl: "/api" });
  client.use(middleware(signIn));
  return client;
}

function middleware(signIn: SignIn): Middleware {
  const remembered = new Remembered();
  const unanswered = new Unanswered();
  return {
    async onRequest({ request }) {
      request.headers.set("Authorization", `Bearer ${await signIn.token()}`);
      if (request.method === "POST" && !request.headers.has("Idempotency-Key")) {
        request.headers.set("Idempotency-Key", await unanswered.keyOf(request));
      }
      remembered.ask(request);
      return request;
    },
    async onResponse({ request, response: sent }) {
      noteServiceTime(sent);
      if (sent.status < SERVER_ERRORS) {
        unanswered.answered(request);
      }
      const response = await remembered.answer(request, sent);
      if (!response.ok) {
        throw new ApiError(response, await bodyOf(response));
      }
      return response;
    },
    onError({ error }) {
      return error instanceof TypeError ? new UnreachableError() : undefined;
    },
  };
}

async function bodyOf(response: Response): Promise<unknown> {
  try {
    return await response.clone().json();
  } catch {
    return null;
  }
}

/** Return the JSON of an answer that was good; the middleware has thrown for others. Lists can be text (CSV) too. */
export async function dataOf<T>(asked: Promise<{ data?: T }>): Promise<Exclude<T, string>> {
  const { data } = await asked;
  if (data === undefined || typeof data === "string") {
    throw new Error(words.noJson);
  }
  return data as Exclude<T, string>;
}
