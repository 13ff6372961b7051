"""`python -m formwright_training.instance --request FILE_OR_S3_URI`."""

import argparse
import sys

from .log import say_everything
from .main import run_request

parser = argparse.ArgumentParser(description="Runs one attempt of a training on this instance.")
parser.add_argument("--request", required=True, help="TrainRequest: a file or an s3:// URI")
say_everything()
sys.exit(run_request(parser.parse_args().request))
