import { suite } from "node:test";
import { startAllInOneDeployment } from "../support/deployment.ts";
import { holdToContract } from "./suites.ts";

suite("all in one", () => holdToContract(startAllInOneDeployment));
