"""Builds firmware.elf with the compiler the board names, the same bytes from any folder."""

import os

from SCons.Script import COMMAND_LINE_TARGETS, AlwaysBuild, Default, DefaultEnvironment

env = DefaultEnvironment()
board = env.BoardConfig()
build = board.get("build")
platform_dir = env.PioPlatform().get_dir()
support_dir = os.path.join(platform_dir, "support")
prefix = build["prefix"]

env.Replace(
    AR=prefix + "gcc-ar",
    AS=prefix + "gcc",
    CC=prefix + "gcc",
    CXX=prefix + "g++",
    RANLIB=prefix + "gcc-ranlib",
    SIZETOOL=prefix + "size",
    ARFLAGS=["rcD"],
    PROGNAME="firmware",
    PROGSUFFIX=".elf",
    SIZECHECKCMD="$SIZETOOL -A -d $SOURCES",
    SIZEPROGREGEXP=r"^(?:\.vectors|\.text|\.rodata|\.ARM\.exidx|\.data)\s+(\d+).*",
    SIZEDATAREGEXP=r"^(?:\.data|\.bss)\s+(\d+).*",
)

env.Append(
    CPPPATH=[support_dir],
    CPPDEFINES=[tuple(define) for define in build["defines"]],
    CCFLAGS=build["arch_flags"]
    + [
        "-O2",
        "-g",
        "-Wall",
        "-ffp-contract=off",
        "-ffunction-sections",
        "-fdata-sections",
        # Paths must not reach the ELF: it has to be the same wherever the project lies.
        "-fdebug-prefix-map=%s=." % env.subst("$PROJECT_DIR"),
        "-fdebug-prefix-map=%s=platform" % platform_dir,
    ],
    CFLAGS=["-std=c99", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow"],
    LINKFLAGS=build["arch_flags"]
    + build["link_flags"]
    + [
        "-Wl,--gc-sections",
        "-Wl,--build-id=none",
        # Expanded here: SCons would split a folder with a space into two arguments.
        "-Wl,-Map=" + env.subst(os.path.join("$BUILD_DIR", "${PROGNAME}.map")),
    ],
    LIBS=["m"],
)

for source in build["support"]:
    env.BuildSources(os.path.join("$BUILD_DIR", "support"), support_dir, src_filter="-<*> +<%s>" % source)

if "nobuild" in COMMAND_LINE_TARGETS:
    elf = os.path.join("$BUILD_DIR", "${PROGNAME}${PROGSUFFIX}")
else:
    elf = env.BuildProgram()
AlwaysBuild(env.Alias("nobuild", elf))
env.AddPlatformTarget("size", elf, env.VerboseAction("$SIZEPRINTCMD", "Size $SOURCE"), "Program Size", "")
Default(elf)
