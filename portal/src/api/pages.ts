/** One page of a list, as all lists of the API answer it. */
export interface Page<Row> {
  readonly value: readonly Row[];
  readonly "@odata.nextLink"?: string;
  readonly "@odata.count"?: number;
}

/** A resource as it is without `$select`: nothing of it is left out. */
export type Whole<Resource> = Required<Resource>;

/** Return the `$skiptoken` of the next page, undefined on the last one. */
export function nextToken(page: Page<unknown>): string | undefined {
  const link = page["@odata.nextLink"];
  if (link === undefined) {
    return undefined;
  }
  return new URL(link, location.origin).searchParams.get("$skiptoken") ?? undefined;
}
