# Values of the example host: what modules/ passes to units.nix there, and what rendered/ was made of.
rec {
  root = "/opt/formwright";
  node = "/run/current-system/sw/bin/node";
  python = "${root}/.formwright/venv/bin/python";
  shell = "/run/current-system/sw/bin/sh";
  curl = "/run/current-system/sw/bin/curl";
  systemctl = "/run/current-system/sw/bin/systemctl";
  libraries = "/run/current-system/sw/share/nix-ld/lib";
  secrets = "/etc/formwright/secrets";
  address = {
    inference.port = 8090;
    app = { port = 8091; metrics = 8095; };
    gateway = { port = 8092; metrics = 8096; };
    worker = { port = 8093; metrics = 8094; };
  };
  environment = {
    FORMWRIGHT_PROFILE = "aws";
    FORMWRIGHT_TEMPORAL_ADDRESS = "temporal.internal:7233";
    FORMWRIGHT_TEMPORAL_NAMESPACE = "formwright";
    FORMWRIGHT_BUCKET = "formwright-example";
    FORMWRIGHT_REGIONS = "us-east-1";
    AWS_REGION = "us-east-1";
    AWS_DEFAULT_REGION = "us-east-1";
    FORMWRIGHT_AMI = "ami-00000000000000000";
    FORMWRIGHT_LAUNCH_TEMPLATE = "lt-00000000000000000";
    FORMWRIGHT_SUBNETS = "us-east-1a=subnet-0a,us-east-1b=subnet-0b";
    FORMWRIGHT_SECURITY_GROUP = "sg-00000000000000000";
    FORMWRIGHT_INFERENCE_URL = "http://127.0.0.1:8090";
    FORMWRIGHT_GATEWAY_URL = "http://127.0.0.1:8092";
    FORMWRIGHT_APP_URL = "https://forms.example.org";
    FORMWRIGHT_TEMPORAL_UI = "https://forms.example.org/temporal";
    FORMWRIGHT_BASE_DIR = "${root}/.formwright/base/SmolLM2-135M-Instruct";
  };
}
