import { defineVariant } from "../variant.js";
import { forms } from "./blocked_armv6m.js";
import { fullyConnectedVariant } from "./conv2d_s8_blocked.js";

export default defineVariant(fullyConnectedVariant("armv6m", forms, 900));
