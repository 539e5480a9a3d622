"""The patches to ministack, one module for each; `local.emulator.patches` installs them."""
