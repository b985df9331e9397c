import { Button } from "@fluentui/react-components";
import type { FluentIcon } from "@fluentui/react-icons";
import type { ReactElement, ReactNode } from "react";
import { useHref, useLinkClickHandler } from "react-router";

interface Given {
  readonly to: string;
  readonly children: ReactNode;
  readonly icon?: FluentIcon;
  /** Whether it is the first thing to do on the page. */
  readonly isPrimary?: boolean;
}

/** A link that looks like a button: it leads to what somebody does next. */
export function LinkButton({ to, children, icon: Icon, isPrimary = false }: Given): ReactElement {
  const href = useHref(to);
  const go = useLinkClickHandler<Element>(to);
  return (
    <Button
      as="a"
      href={href}
      appearance={isPrimary ? "primary" : "secondary"}
      {...(Icon === undefined ? {} : { icon: <Icon /> })}
      onClick={go}
    >
      {children}
    </Button>
  );
}
