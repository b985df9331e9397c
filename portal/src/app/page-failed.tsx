import { useEffect, type ReactElement } from "react";
import { Link, isRouteErrorResponse, useRouteError } from "react-router";

import { isMissingPart } from "../api/errors.ts";
import { PageError } from "../components/page-error.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { words } from "../words/shell.ts";
import { mayLoadAgain } from "./loaded-again.ts";

/** In milliseconds. */
const BETWEEN_TRIES = 5_000;
/** Where this tab notes when a page was last loaded again by itself. */
const LATEST = "deskwright.loaded-again";

/** An address that leads nowhere, or a page that broke. */
export function PageFailed(): ReactElement {
  const error = useRouteError();
  useLoadedAgain(isMissingPart(error));
  if (error === undefined || isRouteErrorResponse(error)) {
    return (
      <>
        <PageHeader title={words.noPage} />
        <p>{words.noPageText}</p>
        <Link to="/">{words.toStart}</Link>
      </>
    );
  }
  return <PageError error={error} again={() => location.reload()} />;
}

/** Load the page again as soon as the service answers: not every browser asks twice for a part that it could not load. */
function useLoadedAgain(isWanted: boolean): void {
  useEffect(() => {
    if (!isWanted) {
      return undefined;
    }
    const loadAgain = async (): Promise<void> => {
      const isThere = await fetch(location.href, { cache: "no-store" }).then(
        ({ ok }) => ok,
        () => false,
      );
      if (isThere && mayLoadAgain(Number(sessionStorage.getItem(LATEST) ?? 0), Date.now())) {
        sessionStorage.setItem(LATEST, String(Date.now()));
        location.reload();
      }
    };
    const onOnline = (): void => void loadAgain();
    const timer = setInterval(onOnline, BETWEEN_TRIES);
    addEventListener("online", onOnline);
    return () => {
      clearInterval(timer);
      removeEventListener("online", onOnline);
    };
  }, [isWanted]);
}
