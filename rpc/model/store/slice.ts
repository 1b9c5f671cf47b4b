/** Which rows of a list. */
export interface Slice {
  readonly offset: number;
  readonly limit: number;
}
