import { Button } from "@fluentui/react-components";
import type { ReactElement, ReactNode } from "react";
import { useHref, useLinkClickHandler } from "react-router";

interface Given {
  readonly to: string;
  readonly children: ReactNode;
  /** Whether it is the first thing to do on the page. */
  readonly isPrimary?: boolean;
}

/** A link that looks like a button: it leads to what somebody does next. */
export function LinkButton({ to, children, isPrimary = false }: Given): ReactElement {
  const href = useHref(to);
  const go = useLinkClickHandler<HTMLAnchorElement>(to);
  return (
    <Button as="a" href={href} appearance={isPrimary ? "primary" : "secondary"} onClick={(event) => go(event as never)}>
      {children}
    </Button>
  );
}
