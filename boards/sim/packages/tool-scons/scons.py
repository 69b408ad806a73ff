"""PlatformIO runs this file as its SCons; the SCons it starts is the one pip installed beside PlatformIO."""

import sys

try:
    from SCons.Script.Main import main
except ImportError:
    sys.exit("SCons is missing: install it with `%s -m pip install scons==4.11.1`" % sys.executable)

sys.exit(main())
