import { FluentProvider, webLightTheme } from "@fluentui/react-components";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render } from "@testing-library/react";
import createClient from "openapi-fetch";
import type { ReactElement } from "react";
import { MemoryRouter } from "react-router";
import { afterEach } from "vitest";

import { ApiProvider } from "../api/context.tsx";
import type { paths } from "../api/schema.d.ts";
import type { SignIn } from "../sign-in/account.ts";

const SERVICE = "https://service.example/api";
const SIGN_IN: SignIn = {
  account: { name: "Ada", address: "ada@contoso.example" },
  problem: null,
  enter: async () => undefined,
  token: async () => "token",
  leave: async () => undefined,
};

/** A request that a component has sent. */
interface Sent {
  readonly method: string;
  /** Behind the address of the service. */
  readonly path: string;
  readonly body: unknown;
}

/** What a service on paper answers: the JSON for a request; undefined is a 404. */
export type Answers = (sent: Sent) => unknown;

afterEach(cleanup);

/** Render a part of the portal in front of a service that *answers*; return what it is asked. */
export function rendered(part: ReactElement, answers: Answers): readonly Sent[] {
  const asked: Sent[] = [];
  const api = createClient<paths>({
    baseUrl: SERVICE,
    fetch: async (request) => {
      const text = await request.text();
      const sent = {
        method: request.method,
        path: request.url.slice(SERVICE.length),
        body: text === "" ? null : JSON.parse(text),
      };
      asked.push(sent);
      const answer = answers(sent);
      return answer === undefined ? new Response("{}", { status: 404 }) : Response.json(answer);
    },
  });
  render(
    <FluentProvider theme={webLightTheme}>
      <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
        <ApiProvider api={api} signIn={SIGN_IN}>
          <MemoryRouter>{part}</MemoryRouter>
        </ApiProvider>
      </QueryClientProvider>
    </FluentProvider>,
  );
  return asked;
}
