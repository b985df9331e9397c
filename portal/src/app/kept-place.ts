/**
 * The place in a page to which somebody comes back. The router scrolls there once, when the page is shown: a page that
 * still reads its cards is too short then, so that the place is looked for again while the page grows.
 */

import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { NavigationType, useLocation, useNavigationType } from "react-router";

/** The name under which the browser keeps the places of a tab, by the keys of its history, while pages are loaded anew. */
export const PLACES = "deskwright.places";
/** What moves a page, and what leaves it: the news of a movement comes with the next frame, and a click before that. */
const LEFT = ["scroll", "click", "popstate"] as const;
/** A page that has not grown for so long, in milliseconds, is there. */
const AT_REST = 5_000;
/** What says that somebody has chosen a place of their own. */
const CHOSEN = ["wheel", "touchmove", "keydown", "pointerdown"] as const;

/** Keep the places of pages by their entries of the history, and come back to them. */
export function useKeptPlace(): void {
  const { key } = useLocation();
  const isBack = useNavigationType() === NavigationType.Pop;
  const [places] = useState(placesBefore);
  const shown = useRef(key);
  useEffect(() => {
    const keep = (): void => void places.set(shown.current, scrollY);
    const options = { capture: true, passive: true }; // before the router leaves the page
    LEFT.forEach((each) => addEventListener(each, keep, options));
    return () => LEFT.forEach((each) => removeEventListener(each, keep, options));
  }, [places]);
  useLayoutEffect(() => {
    const place = places.get(key) ?? 0;
    shown.current = key;
    return isBack && place > 0 ? comeTo(place) : undefined;
  }, [isBack, key, places]);
}

/** Return the places that the router has written down before the portal was loaded anew. */
function placesBefore(): Map<string, number> {
  const before = JSON.parse(sessionStorage.getItem(PLACES) ?? "{}") as Readonly<Record<string, number>>;
  return new Map(Object.entries(before));
}

/**
 * Scroll to a place as soon as the page is long enough, and stay there while cards come above it, until the page is at
 * rest or somebody chooses another place; return what ends that.
 */
function comeTo(place: number): () => void {
  let rest: ReturnType<typeof setTimeout> | undefined;
  const end = (): void => {
    clearTimeout(rest);
    growth.disconnect();
    CHOSEN.forEach((each) => removeEventListener(each, end));
  };
  const growth = new ResizeObserver(() => {
    scrollTo(0, place);
    clearTimeout(rest);
    rest = scrollY >= place ? setTimeout(end, AT_REST) : undefined;
  });
  growth.observe(document.documentElement);
  CHOSEN.forEach((each) => addEventListener(each, end, { passive: true }));
  return end;
}
