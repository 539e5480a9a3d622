"""The drift watch: what is deployed is compared with its templates, and these with what was promoted."""
