import { describe, expect, it } from "vitest";

import type { Query } from "../../api/read.ts";
import {
  NOTHING,
  everythingOf,
  isChosen,
  keptFor,
  toggleAll,
  toggleRow,
  type Selection,
} from "../../components/selection.ts";
import { sentenceOf, targetsOf } from "./bulk-selection.ts";

const QUERY = { $filter: "status eq 'failed'", $search: '"ada"', $orderby: "displayName" };

describe("targetsOf", () => {
  it("sends what the list was asked for at the click", () => {
    expect(targetsOf(everythingOf(QUERY))).toEqual({
      filter: { where: "status eq 'failed'", search: '"ada"' },
      excludeCloudPcIds: [],
    });
  });

  it("leaves out what somebody has unselected", () => {
    expect(targetsOf(toggleRow(everythingOf({}), ["a", "b"], 0, null))).toEqual({
      filter: {},
      excludeCloudPcIds: ["a"],
    });
  });
});

describe("sentenceOf", () => {
  it("says the filter and the exceptions", () => {
    const selection = toggleRow(everythingOf({}), ["a", "b"], 0, null);
    expect(sentenceOf(selection, 9_800, ["Status: Failed", "Search: ada"], ["a", "b"])).toBe(
      "All 9800 Cloud PCs with Status: Failed, Search: ada are selected, except 1.",
    );
  });

  it("says that the list does not show what is selected", () => {
    const selection = toggleAll(NOTHING, ["a", "b"]);
    expect(sentenceOf(selection, 1, ["Status: Failed"], ["c"])).toBe(
      "2 Cloud PCs are selected, 2 of them not in this list.",
    );
  });
});

// 40 Cloud PCs, of which a filter finds some; the list shows as many of these as were read.
const ALL = Array.from({ length: 40 }, (_, place) => `pc${place}`);
const FILTERS: readonly Query[] = [
  {},
  { $filter: "third" },
  { $search: "even" },
  { $filter: "third", $search: "even" },
];
const PAGE = 6;

function found({ $filter, $search }: Query): string[] {
  return ALL.filter(
    (_, place) => ($filter === undefined || place % 3 === 0) && ($search === undefined || place % 2 === 0),
  );
}

/** What the service makes of what it is sent. */
function chosenBy(sent: ReturnType<typeof targetsOf>): string[] {
  if ("cloudPcIds" in sent) {
    return ALL.filter((id) => sent.cloudPcIds?.includes(id));
  }
  const { where, search } = (sent as { filter: { where?: string; search?: string } }).filter;
  const left = (sent as { excludeCloudPcIds: string[] }).excludeCloudPcIds;
  return found({ ...(where && { $filter: where }), ...(search && { $search: search }) }).filter(
    (id) => !left.includes(id),
  );
}

/** Numbers from 0 to *below*, the same for the same *seed*. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

interface Screen {
  readonly query: Query;
  readonly read: number;
  readonly selection: Selection;
  readonly before: string | null;
}

/** Do one thing of all that people do with a list. */
function step(screen: Screen, pick: (below: number) => number): Screen {
  const { query, read, selection } = screen;
  const shown = found(query).slice(0, read);
  const index = pick(shown.length);
  switch (pick(6)) {
    case 0:
      return { ...screen, read: read + PAGE, selection: keptFor(selection, query) };
    case 1: {
      const next = FILTERS[pick(FILTERS.length)] ?? {};
      return { ...screen, query: next, read: PAGE, selection: keptFor(selection, next) };
    }
    case 2:
      return { ...screen, selection: toggleAll(selection, shown) };
    case 3:
      return { ...screen, selection: everythingOf(query) };
    case 4:
      return { ...screen, selection: toggleRow(selection, shown, index, screen.before), before: shown[index] ?? null };
    default:
      return { ...screen, selection: toggleRow(selection, shown, index, null), before: shown[index] ?? null };
  }
}

describe("whatever somebody does with a list", () => {
  it.each(Array.from({ length: 300 }, (_, seed) => seed))("sends what it shows as selected (%d)", (seed) => {
    const pick = numbers(seed);
    let screen: Screen = { query: {}, read: PAGE, selection: NOTHING, before: null };
    for (let turn = 0; turn < 40; turn += 1) {
      const before = screen;
      screen = step(screen, pick);
      const { query, read, selection } = screen;
      const matching = found(query);
      const shown = matching.slice(0, read);
      const sent = chosenBy(targetsOf(selection));
      expect(sent.filter((id) => shown.includes(id))).toEqual(shown.filter((id) => isChosen(selection, id)));
      const said = sentenceOf(selection, matching.length, [], shown);
      const [count = 0, second = 0] = [...said.matchAll(/\d+/g)].map(Number);
      expect(read > before.read ? selection : before.selection).toBe(before.selection);
      const isAll = selection.kind === "everything";
      expect(sent.length).toBe(isAll ? count - second : count);
      expect(sent.filter((id) => !shown.includes(id)).length).toBe(
        isAll ? sent.length - shown.filter((id) => isChosen(selection, id)).length : second,
      );
    }
  });
});
