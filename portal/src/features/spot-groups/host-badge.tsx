import type { ReactElement } from "react";

import { StatusBadge } from "../../components/status-badge.tsx";
import { words } from "../../words/spot-groups.ts";
import { HOST_COLORS, placeOf } from "./host-state.ts";
import type { SessionHost } from "./types.ts";

/** What a session host does now. */
export function HostBadge({ host }: { readonly host: SessionHost }): ReactElement {
  const place = placeOf(host);
  return <StatusBadge status={place} title={words.places[place]} color={HOST_COLORS[place]} />;
}
