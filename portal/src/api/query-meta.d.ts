import "@tanstack/react-query";

declare module "@tanstack/react-query" {
  interface Register {
    queryMeta: {
      /** Whether something in an answer goes on by itself: then the page waits for it. */
      readonly runs?: (data: unknown) => boolean;
    };
  }
}
