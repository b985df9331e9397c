import { useState } from "react";
import { useLocation } from "react-router";

import { useSignIn } from "../../api/context.tsx";
import type { Form, Wizard } from "./api.ts";
import { forget, keep, kept, placeOf, type Draft } from "./draft.ts";

/** Where an address has the step that is shown. */
export const STEP = "step";

interface Drafted {
  readonly form: Form;
  /** The furthest step that was shown. */
  readonly reached: number;
  readonly set: (form: Form, reached: number) => void;
  /** Whether the form began with what was filled in before. */
  readonly isKept: boolean;
  /** How often it was begun anew: fields forget what they remember of it. */
  readonly round: number;
  /** Begin with what there is, without what was filled in. */
  readonly begin: () => void;
  readonly forget: () => void;
}

/** A form whose contents this tab keeps until it is saved. */
export function useDraft(steps: Wizard["steps"], beginning: Form): Drafted {
  const { account } = useSignIn();
  const { pathname, search } = useLocation();
  const [place] = useState(() => placeOf(account?.address ?? "", `${pathname}${withoutStep(search)}`));
  const [before] = useState(() => kept(place, beginning));
  const [now, setNow] = useState<Omit<Draft, "beginning">>(before ?? { form: beginning, reached: 0 });
  const [isKept, setKept] = useState(before !== null && JSON.stringify(before.form) !== JSON.stringify(beginning));
  const [round, setRound] = useState(0);
  const set = (form: Form, reached: number): void => {
    keep(place, steps, { beginning, form, reached });
    setNow({ form, reached });
  };
  const begin = (): void => {
    set(beginning, 0);
    setKept(false);
    setRound(round + 1);
  };
  return { ...now, set, isKept, round, begin, forget: () => forget(place) };
}

function withoutStep(search: string): string {
  const address = new URLSearchParams(search);
  address.delete(STEP);
  return address.size === 0 ? "" : `?${address}`;
}
