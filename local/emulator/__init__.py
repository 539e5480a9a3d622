"""This machine as an AWS account: ministack in process, with our Bedrock in it and its gaps mended.

`python -m local.emulator start | stop | status` needs the standard library alone; `serve`, which `start`
runs in an interpreter of its own, needs ministack. Each module of `hooks` says what AWS does, what
ministack does and what we mend; `mended.install` lists them all.
"""
