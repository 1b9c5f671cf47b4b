import type { Program } from "../servers/find-or-install.ts";

export const curlProgram: Program = {
  names: ["curl"],
  debianPackage: "curl",
  advice: "install curl",
};

/** What tests start besides the servers. */
export const testPrograms: readonly Program[] = [
  curlProgram,
  {
    names: ["openssl"],
    debianPackage: "openssl",
    advice: "install OpenSSL 3",
  },
];
