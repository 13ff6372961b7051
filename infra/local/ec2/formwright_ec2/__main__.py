"""`python -m formwright_ec2 --config FILE`: serves until SIGTERM or SIGINT, then ends every instance."""

import argparse
import logging
import signal
import sys
import threading
from pathlib import Path

from pydantic import ValidationError
from werkzeug.serving import make_server

from .config import Config


def main() -> int:
    """Exit status 0 after an orderly end, 2 when the configuration is wrong."""
    parser = argparse.ArgumentParser(prog="formwright_ec2", description="EC2's API for the embedded platform")
    parser.add_argument("--config", type=Path, required=True)
    file: Path = parser.parse_args().config
    try:
        config = Config.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        print(f"formwright_ec2: {file} is not usable: {error}", file=sys.stderr)
        return 2
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    from moto.moto_server.werkzeug_app import MotoRequestHandler

    from .app import Ec2App
    from .world import World

    world = World(config)
    server = make_server(config.host, config.port, Ec2App(world), threaded=True, request_handler=MotoRequestHandler)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"EC2 API at http://{config.host}:{server.server_port}", flush=True)
    stop.wait()
    world.stop(config.grace_seconds + 5)
    server.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
