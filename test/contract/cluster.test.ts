import { startClusterDeployment } from "../support/deployment.ts";
import { holdToContract } from "./suites.ts";

holdToContract(startClusterDeployment);
