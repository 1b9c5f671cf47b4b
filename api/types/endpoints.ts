/** What the data plane serves, by the names that permissions have for it. */
export const endpointNames = ["chat.completions", "models"] as const;
export type EndpointName = (typeof endpointNames)[number];
