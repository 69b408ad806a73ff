from platformio.platform.base import PlatformBase


class Onnx2mcusimPlatform(PlatformBase):
    """Needs nothing but tool-scons, which lies in the project's packages_dir."""

    def is_embedded(self):
        return True
