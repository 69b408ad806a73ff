import { defineVariant } from "../variant.js";
import { forms } from "./blocked_armv6m.js";
import { convVariant } from "./conv2d_s8_blocked.js";

export default defineVariant(convVariant("armv6m", forms, 900));
