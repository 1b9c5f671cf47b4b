import type { Program } from "../servers/find-or-install.ts";

/** What tests start besides the servers. */
export const testPrograms: readonly Program[] = [
  {
    names: ["openssl"],
    debianPackage: "openssl",
    advice: "install OpenSSL 3",
  },
];
