/** What must not be in firmware: the heap, stdio, and double precision, by the symbols that give them away. */

const FORBIDDEN: readonly RegExp[] = [
  // The heap.
  /^_*(malloc|calloc|realloc|reallocarray|free|memalign|posix_memalign|aligned_alloc|strdup|sbrk)(_r)?$/,
  // Formatted and plain stdio: vfprintf, siscanf_r, _printf_i, __ssputs_r, fopen ...
  /(printf|scanf)/,
  /^_*(fopen|fdopen|fclose|fflush|fread|fwrite|f?puts|f?putc|putchar|f?gets|f?getc|getchar|perror|ssputs)(_r)?$/,
  // Arithmetic of doubles, and conversions to and from them: Arm's names, then those of the other gcc targets.
  /^__aeabi_(d\w+|cd\w+|\w+2d)$/,
  /^__[a-z]+df[a-z]*[23]?$/,
  // Functions of math.h on doubles; those on float32 end in f.
  /^(__ieee754_)?(exp|exp2|expm1|log|log2|log10|log1p|pow|sqrt|cbrt|hypot|a?sinh?|a?cosh?|a?tanh?|atan2|erfc?)$/,
  /^(floor|ceil|round|rint|nearbyint|trunc|fmod|fabs|ldexp|frexp|modf|scalbn|fmin|fmax|l?lround|l?lrint)$/,
];

/**
 * Names of forbidden symbols, defined or undefined, sorted.
 * @param nmOutput what `nm` prints for an ELF: lines of "[address] type name"
 */
export function forbiddenSymbols(nmOutput: string): string[] {
  const names = nmOutput
    .split("\n")
    .map((line) => /^[0-9a-f]* +[A-Za-z] +(\S+)$/.exec(line.trimEnd())?.[1])
    .filter((name) => name !== undefined)
    .filter((name) => FORBIDDEN.some((pattern) => pattern.test(name)));
  return [...new Set(names)].sort();
}
