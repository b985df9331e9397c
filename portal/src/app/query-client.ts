import { QueryClient } from "@tanstack/react-query";

import { ApiError } from "../api/errors.ts";
import { SignedOutError } from "../sign-in/account.ts";

const MOST_TRIES = 3;
/** In seconds. */
const LONGEST_PAUSE = 60;
const TOO_MANY_REQUESTS = 429;
const SERVER_ERRORS = 500;

/** What all views share: what is asked again, and how long an answer counts. */
export function queryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 4_000,
        // Without a network too: what cannot be reached is said, and nobody waits without knowing for what.
        networkMode: "always",
        refetchOnReconnect: true,
        refetchIntervalInBackground: false,
        retry: (failures, error) => failures < MOST_TRIES && mayPass(error),
        retryDelay: (failures, error) =>
          error instanceof ApiError && error.retryAfter !== null
            ? error.retryAfter * 1_000
            : Math.min(1_000 * 2 ** failures, 15_000),
      },
      mutations: { retry: false, networkMode: "always" },
    },
  });
}

/** Return whether an error may be gone the next time: the person's own mistakes are not. */
export function mayPass(error: Error): boolean {
  if (error instanceof SignedOutError) {
    return false;
  }
  if (error instanceof ApiError && (error.retryAfter ?? 0) > LONGEST_PAUSE) {
    return false; // too long to wait for without being asked
  }
  return !(error instanceof ApiError) || error.status === TOO_MANY_REQUESTS || error.status >= SERVER_ERRORS;
}
