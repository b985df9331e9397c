import { Suspense, lazy, useSyncExternalStore, type ReactElement } from "react";

const ToastHost = lazy(async () => ({ default: (await import("./toast-host.tsx")).ToastHost }));

/** What was done: said once, in a corner of the window. */
export interface Told {
  readonly number: number;
  readonly text: string;
}

const listeners = new Set<() => void>();
let latest: Told | null = null;

function listen(changed: () => void): () => void {
  listeners.add(changed);
  return () => listeners.delete(changed);
}

/** Say that something was done; it goes by itself, so nothing is said here that somebody has to do something about. */
export function tell(text: string): void {
  latest = { number: (latest?.number ?? 0) + 1, text };
  for (const each of listeners) {
    each();
  }
}

/** The place where it is said on all pages; its parts are loaded when there is something to say. */
export function ToastPlace(): ReactElement | null {
  const told = useSyncExternalStore(listen, () => latest);
  return told === null ? null : (
    <Suspense fallback={null}>
      <ToastHost told={told} />
    </Suspense>
  );
}
