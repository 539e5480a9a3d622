"""What differs from ministack, one module each; `local.emulator.mended` puts them all in place."""
