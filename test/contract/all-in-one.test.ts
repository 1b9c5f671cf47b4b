import { startAllInOneDeployment } from "../support/deployment.ts";
import { holdToContract } from "./suites.ts";

holdToContract(startAllInOneDeployment);
