"""What differs from ministack, one module each; `local.emulator.patches` puts them all in place."""
