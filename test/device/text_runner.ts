/** The side of the MLPerf Tiny runner: says commands, and hears lines up to "m-ready". */
import type { Transport } from "../../src/device/link/transport.js";

/** Says a command ("": none) and gives the lines of its answer without the last, "m-ready". The first answer is to none. */
export function textRunner(transport: Transport): (command: string) => Promise<string[]> {
  let heard = "";
  let ready: () => void = () => {};
  transport.onBytes((all) => {
    heard += Buffer.from(all).toString("latin1");
    if (heard.endsWith("m-ready\r\n")) ready();
  });
  return async (command) => {
    heard = "";
    const answered = new Promise<void>((resolve) => {
      ready = resolve;
    });
    transport.write(Buffer.from(command));
    await answered;
    return heard.split("\r\n").slice(0, -2);
  };
}
