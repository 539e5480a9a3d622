"""`python -m local.emulator [start|stop|status|env|serve]`."""

import sys

if sys.argv[1:] in ([], ["serve"]):
    from local.emulator.server import main

    main()
else:
    from local.emulator.command_line import command

    sys.exit(command(sys.argv[1:]))
