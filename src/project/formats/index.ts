/** The formats beside the PlatformIO project. Another one is a file here and a folder of templates. */
import { arduino } from "./arduino.js";
import { cmake } from "./cmake.js";
import { espIdf } from "./esp_idf.js";
import type { PackageFormat } from "./format.js";
import { library } from "./library.js";
import { zephyr } from "./zephyr.js";

export const PACKAGE_FORMATS: readonly PackageFormat[] = [cmake, library, arduino, espIdf, zephyr];

export const packageFormat = (name: string): PackageFormat | undefined =>
  PACKAGE_FORMATS.find((format) => format.name === name);
