/** How channels flow through int8 pooling: each by itself, and larger inputs never give a smaller result. */
import { type ChannelFlow, channelwise, countKept, rangesOfMonotone } from "./channels.js";
import type { WindowParams } from "./image_params.js";

/** @param run the kernel on one image with so many channels */
export function poolChannels(
  p: WindowParams & { channels: number },
  run: (channels: number, io: { inputs: Int8Array[]; outputs: Int8Array[] }) => void,
): ChannelFlow {
  const { channels } = p;
  const elements = { input: p.in_h * p.in_w * channels, output: p.out_h * p.out_w * channels, channels };
  return channelwise(
    channels,
    1,
    ([input]) => [
      rangesOfMonotone(input, elements, (values, output) => run(channels, { inputs: [values], outputs: [output] })),
    ],
    (kept) => ({ params: { ...p, channels: countKept(kept) } }),
  );
}
