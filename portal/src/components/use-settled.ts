import { useEffect, useState } from "react";

/** So long nobody types any more: then the service is asked. In milliseconds. */
export const PAUSE = 300;

/** Return a value as it is once it has stayed the same for a moment, such as what somebody types. */
export function useSettled<Value>(value: Value): Value {
  const [settled, settle] = useState(value);
  useEffect(() => {
    const pause = setTimeout(() => settle(value), PAUSE);
    return () => clearTimeout(pause);
  }, [value]);
  return settled;
}
