// @ts-check
// What peers reach with the same models, measured in the same simulators with arm-none-eabi-gcc 12.2; flash is model and
// code, RAM the arena and about 1.6 KB of static data and stack.

/** TensorFlow Lite Micro with CMSIS-NN on Cortex-M4. @type {Record<string, { instructions: number, ram: number, flash: number }>} */
export const CORTEX_M4 = {
  mlperf_kws: { instructions: 7.7e6, ram: 24.4e3, flash: 108e3 },
  mlperf_vww: { instructions: 24.1e6, ram: 102e3, flash: 387e3 },
  mlperf_ic: { instructions: 29.9e6, ram: 56.6e3, flash: 150e3 },
  mlperf_ad: { instructions: 0.583e6, ram: 4.2e3, flash: 306e3 },
};

/** TensorFlow Lite Micro with CMSIS-NN on Cortex-M55: instructions. @type {Record<string, number>} */
export const CORTEX_M55 = { mlperf_kws: 1.82e6, mlperf_vww: 6.56e6, mlperf_ic: 4.91e6, mlperf_ad: 0.15e6 };

/** Instructions per multiply-accumulate of kernels of peers on other cores, as text. @type {Record<string, string>} */
export const PER_MAC = {
  "qemu-cortex-m0plus": "CMSIS-NN about 7.6",
  "qemu-cortex-m3": "CMSIS-NN 3.1 to 10.8",
  "qemu-rv32imc": "esp-nn 7 to 14",
};
