#!/bin/sh
# Makes the machine that it runs on what FORMWRIGHT_AMI wants: Debian 12 on EC2, as root, in a checkout.
#   sh infra/aws/image.sh cpu    for c7i, c7a, m7i
#   sh infra/aws/image.sh gpu    for g4dn, g5, g6; NVIDIA's driver for torch's CUDA has to be there already
# Nothing is built from source, and every package has the hash of the lock files.
set -eu
cd "$(dirname "$0")/../.."
case "${1:-}" in cpu | gpu) ;; *)
	echo "Expected cpu or gpu, got \"${1:-}\". Nothing was installed." >&2
	exit 2
	;;
esac
apt-get update
apt-get install -y --no-install-recommends python3 python3-pip ca-certificates
python3 -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11) and "Expected Python 3.11, as in Debian 12")'
install="pip install --break-system-packages --no-cache-dir --require-hashes --no-deps --only-binary :all:"
if [ "$1" = cpu ]; then
	python3 -m $install --index-url https://download.pytorch.org/whl/cpu -r requirements-torch-cpu.txt
else
	nvidia-smi
	python3 -m $install -r requirements-cuda.txt
fi
python3 -m $install -r requirements.txt
# What user data and the training program import.
python3 -c 'import boto3, peft, pydantic, safetensors, torch, transformers; print("torch", torch.__version__, "CUDA", torch.cuda.is_available())'
# The next boot is a first one: cloud-init runs the user data of whoever launches the image.
cloud-init clean --logs
