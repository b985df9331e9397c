import { makeStyles, tokens } from "@fluentui/react-components";
import type { ReactElement } from "react";

const useStyles = makeStyles({ mark: { display: "block", flexShrink: 0 } });

/** The mark of the product: a D that stands on a desk. It is the icon of the tab too (`public/icon.svg`). */
export function Mark({ size = 28 }: { readonly size?: number }): ReactElement {
  const styles = useStyles();
  return (
    <svg className={styles.mark} width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="7" fill={tokens.colorBrandBackground} />
      <path d="M8 6h8.5a7.5 7.5 0 0 1 0 15H8z" fill="#fff" />
      <path d="M11.5 9.5h5a4 4 0 0 1 0 8h-5z" fill={tokens.colorBrandBackground} />
      <path d="M13.5 15.5 17 12" stroke="#a2dce3" strokeWidth="2" strokeLinecap="round" />
      <path d="M5 25.5h22" stroke="#fff" strokeWidth="3" strokeLinecap="round" />
    </svg>
  );
}
