import type { TrainRequest } from '../../contracts/index.js'

/** Single quotes for bash: nothing in a value is expanded. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/**
 * What an instance runs when it boots, the same everywhere. The image brings Python with the training's dependencies.
 * It ends itself at the deadline, whatever the program does, and when the program has ended, however it ended.
 * Depends on its arguments only, since EC2 takes a client token again only with the same parameters.
 * @param options.s3Endpoint absent: AWS's own
 */
export function userData(request: TrainRequest, requestUri: string, options: { region: string; s3Endpoint?: string }): string {
  const deadline = Math.ceil(Date.parse(request.deadline) / 1000)
  const environment = [
    `export AWS_DEFAULT_REGION=${quoted(options.region)} AWS_REGION=${quoted(options.region)}`,
    ...(options.s3Endpoint ? [`export AWS_ENDPOINT_URL_S3=${quoted(options.s3Endpoint)}`] : []),
  ]
  return `#!/bin/bash
set -uo pipefail
left=$(( ${deadline} - $(date +%s) ))
(sleep $(( left > 1 ? left : 1 )); shutdown -h now) &
trap 'shutdown -h now' EXIT
${environment.join('\n')}
export BUNDLE=${quoted(request.bundle.uri)} BUNDLE_SHA256=${quoted(request.bundle.digest)}
export RUN=${quoted(request.run)} ATTEMPT=${request.attempt}
work=$(mktemp -d)
cd "$work" || exit 1
python3 - <<'PY' || exit 1
import datetime, hashlib, json, os, sys, tarfile
def fatal(kind, error, trace):
    at = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")
    whom = {"part": "instance", "run": os.environ["RUN"], "stage": "training", "attempt": int(os.environ["ATTEMPT"])}
    print(json.dumps({"at": at, "level": "fatal", **whom, "message": f"{kind.__name__}: {error}"}), file=sys.stderr)
sys.excepthook = fatal
import boto3
bucket, _, prefix = os.environ["BUNDLE"].removeprefix("s3://").partition("/")
s3 = boto3.client("s3")
def fetch(name, digest):
    data = s3.get_object(Bucket=bucket, Key=prefix + name)["Body"].read()
    found = hashlib.sha256(data).hexdigest()
    if found != digest:
        raise ValueError(f"{name}: expected sha256 {digest}, found {found}")
    return data
manifest = json.loads(fetch("manifest.json", os.environ["BUNDLE_SHA256"]))
for entry in manifest["files"]:
    with open(entry["path"], "wb") as file:
        file.write(fetch(entry["path"], entry["sha256"]))
with tarfile.open("training.tar.gz") as bundle:
    bundle.extractall("code", filter="data")
PY
PYTHONPATH="$work/code" python3 -m formwright_training.instance --request ${quoted(requestUri)}
`
}
