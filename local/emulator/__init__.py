"""This machine as an AWS account: ministack, with the Bedrock simulator inside it and its gaps patched.

`python -m local.emulator start | stop | status` needs the standard library alone; `serve`, which `start`
runs in an interpreter of its own, needs ministack. Each module of `hooks` says what AWS does, what
ministack does and what the patch does; `patches.install` lists them all.
"""
