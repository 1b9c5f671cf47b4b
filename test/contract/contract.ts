import type { Deployment } from "../support/deployment.ts";

/** A part of what holds in every deployment: declares its tests, for the deployment they then ask. */
export type Contract = (at: () => Deployment) => unknown;
