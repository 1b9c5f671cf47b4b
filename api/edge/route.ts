import type { Exchange } from "./exchange.ts";

/** One thing that is served. */
export interface Route {
  /** For logs: "/v1/models/{id}". */
  readonly pattern: string;
  /** Those served; undefined leaves methods to the handler. HEAD goes with GET. */
  readonly methods?: readonly string[];
  /** Served however busy the gateway is. */
  readonly alwaysAdmitted?: boolean;
  /** What it throws is answered as an error; it may throw anything. */
  readonly handle: (exchange: Exchange) => void | Promise<void>;
}

/** Where a path leads. */
export interface RouteMatch {
  readonly route: Route;
  /** The open part of the pattern. */
  readonly parameter: string;
}

/** Finds the route of a decoded path; undefined when there is none. */
export type FindRoute = (path: string) => RouteMatch | undefined;

export interface RouteTable {
  /** By their whole path. */
  readonly exact: Readonly<Record<string, Route>>;
  /** By the beginning of their path, which ends in "/"; the rest, not empty, is the parameter. */
  readonly prefixes: Readonly<Record<string, Route>>;
  /** Takes every other path that does not start with one of `closed`. */
  readonly fallback?: Route;
  /** Below these only what is listed exists. */
  readonly closed: readonly string[];
}

export function createFindRoute(table: RouteTable): FindRoute {
  const exact = new Map<string, RouteMatch>();
  for (const [path, route] of Object.entries(table.exact))
    exact.set(path, { route, parameter: "" });
  const prefixes = Object.entries(table.prefixes);
  const fallback = table.fallback && { route: table.fallback, parameter: "" };
  return (path) => {
    const found = exact.get(path);
    if (found) return found;
    for (const [prefix, route] of prefixes) {
      if (path.length > prefix.length && path.startsWith(prefix)) {
        return { route, parameter: path.slice(prefix.length) };
      }
    }
    return table.closed.some((prefix) => path.startsWith(prefix)) ? undefined : fallback;
  };
}

export const allowHeader = (methods: readonly string[]): string =>
  [...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"].join(", ");

export const allowsMethod = (methods: readonly string[], method: string): boolean =>
  methods.includes(method) || (method === "HEAD" && methods.includes("GET"));
