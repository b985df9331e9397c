import { useSyncExternalStore } from "react";

/** When each tenant has told the last time what has changed, by the browser's clock; none while it cannot be asked. */
const told = new Map<string, number>();
const listeners = new Set<() => void>();

/** Note that a tenant has told what has changed, or with null that it could not be asked. */
export function noteTold(tenant: string, at: number | null): void {
  if (at === null) {
    told.delete(tenant);
  } else {
    told.set(tenant, at);
  }
  for (const listener of listeners) {
    listener();
  }
}

/** Return whether a tenant tells what has changed. */
export function isToldBy(tenant: string | null): boolean {
  return tenant !== null && told.has(tenant);
}

/** Return when a tenant has told the last time that nothing else has changed; 0 where it does not tell. */
export function useToldAt(tenant: string | null): number {
  return useSyncExternalStore(listen, () => (tenant === null ? 0 : (told.get(tenant) ?? 0)));
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
