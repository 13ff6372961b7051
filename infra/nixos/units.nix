# Units of every part, as plain data: no nixpkgs, so that `nix-instantiate --eval` can render and compare them anywhere.
# modules/ hands them to systemd.services as they are.
{ root, node, python, shell, curl, systemctl, address, environment, secrets, libraries, memory ? { } }:
let
  withCredentials = "${shell} ${root}/infra/nixos/with-credentials.sh";
  pythonPath = "${root}/inference:${root}/training:${root}/contracts/python";

  # Secrets come as files that only the unit can read; with-credentials.sh makes them variables of the same name.
  load = names: map (name: "${name}:${secrets}/${name}") names;

  # MemoryDenyWriteExecute is left out: V8 and OpenVINO compile at run time.
  sandbox = {
    DynamicUser = true;
    UMask = "0077";
    NoNewPrivileges = true;
    CapabilityBoundingSet = "";
    AmbientCapabilities = "";
    ProtectSystem = "strict";
    ProtectHome = true;
    ProtectProc = "invisible";
    ProtectClock = true;
    ProtectHostname = true;
    ProtectKernelLogs = true;
    ProtectKernelModules = true;
    ProtectKernelTunables = true;
    ProtectControlGroups = true;
    PrivateTmp = true;
    PrivateDevices = true;
    PrivateUsers = true;
    RemoveIPC = true;
    RestrictAddressFamilies = "AF_INET AF_INET6 AF_UNIX";
    RestrictNamespaces = true;
    RestrictRealtime = true;
    RestrictSUIDSGID = true;
    LockPersonality = true;
    SystemCallArchitectures = "native";
    SystemCallFilter = [ "@system-service" "~@privileged" ];
    SystemCallErrorNumber = "EPERM";
    KeyringMode = "private";
    OOMPolicy = "stop";
  };

  service = name: extra: {
    after = [ "network-online.target" ];
    wants = [ "network-online.target" ];
    wantedBy = [ "multi-user.target" ];
    unitConfig = { StartLimitIntervalSec = 600; StartLimitBurst = 10; };
    environment = environment // (extra.environment or { });
    description = extra.description;
    serviceConfig = sandbox // {
      Type = "exec";
      ExecStart = extra.exec;
      LoadCredential = load extra.credentials;
      StateDirectory = "formwright/${name}";
      StateDirectoryMode = "0700";
      WorkingDirectory = root;
      Restart = "always";
      RestartSec = 5;
      TasksMax = extra.tasks;
      MemoryHigh = (extra.memory // (memory.${name} or { })).high;
      MemoryMax = (extra.memory // (memory.${name} or { })).max;
      TimeoutStopSec = extra.stopSeconds;
      Slice = "formwright.slice";
    } // (extra.serviceConfig or { });
  };

  typescript = entry: "${withCredentials} ${node} --import tsx ${root}/${entry}";
  web = name: { HOST = "127.0.0.1"; PORT = toString address.${name}.port; FORMWRIGHT_METRICS_PORT = toString address.${name}.metrics; FORMWRIGHT_STATE_DIR = "/var/lib/formwright/${name}"; };
  # For a Temporal behind TLS; empty files where it is not.
  temporal = map (what: "FORMWRIGHT_TEMPORAL_${what}") [ "API_KEY" "TLS_CERT" "TLS_KEY" "TLS_CA" ];
  # EC2's metadata service gives this host's role to whoever asks: the parts that face people do not reach it.
  noHostRole = { IPAddressDeny = "169.254.169.254/32 fd00:ec2::254/128"; };
in
{
  formwright-inference = service "inference" {
    description = "Formwright: answers with an adapter of the base model";
    exec = "${withCredentials} ${python} -m formwright_inference";
    credentials = [ "FORMWRIGHT_INFERENCE_TOKEN" "FORMWRIGHT_ADMIN_TOKEN" ];
    environment = {
      PYTHONPATH = pythonPath;
      PYTHONDONTWRITEBYTECODE = "1";
      # pip's wheels look for the C++ runtime, which no package of Nix puts where they look.
      LD_LIBRARY_PATH = libraries;
      FORMWRIGHT_INFERENCE_HOST = "127.0.0.1";
      FORMWRIGHT_INFERENCE_PORT = toString address.inference.port;
      FORMWRIGHT_INFERENCE_STATE_DIR = "/var/lib/formwright/inference";
      FORMWRIGHT_INFERENCE_DRAIN_SECONDS = "30";
    };
    memory = { high = "3G"; max = "4G"; };
    tasks = 128;
    # Longer than the drain: what is under way is answered.
    stopSeconds = 45;
  };

  formwright-worker = service "worker" {
    description = "Formwright: the workflows and their activities";
    exec = typescript "workers/main.ts";
    credentials = [ "FORMWRIGHT_INFERENCE_TOKEN" "FORMWRIGHT_ADMIN_TOKEN" "FORMWRIGHT_DECISION_KEY" ] ++ temporal;
    environment = {
      # The checkout is read-only: pages are written and committed below the state directory.
      FORMWRIGHT_REPOSITORY = "/var/lib/formwright/worker/repository";
      FORMWRIGHT_WORKTREES = "/var/lib/formwright/worker/worktrees";
      FORMWRIGHT_WORKER_HEALTH_PORT = toString address.worker.port;
      FORMWRIGHT_METRICS_PORT = toString address.worker.metrics;
    };
    memory = { high = "1536M"; max = "2G"; };
    tasks = 256;
    stopSeconds = 30;
  };

  formwright-gateway = service "gateway" {
    description = "Formwright: decisions from Slack and the authenticated endpoint";
    exec = typescript "gateway/main.ts";
    credentials = [ "FORMWRIGHT_ADMIN_TOKEN" "FORMWRIGHT_DECISION_KEY" "FORMWRIGHT_APPROVER_TOKENS" "SLACK_SIGNING_SECRET" "SLACK_BOT_TOKEN" ] ++ temporal;
    environment = web "gateway";
    memory = { high = "384M"; max = "512M"; };
    tasks = 64;
    stopSeconds = 15;
    serviceConfig = noHostRole;
  };

  formwright-app = service "app" {
    description = "Formwright: the web app";
    exec = typescript "app/main.ts";
    credentials = [ "FORMWRIGHT_INFERENCE_TOKEN" "FORMWRIGHT_DECISION_KEY" ] ++ temporal;
    environment = web "app";
    memory = { high = "1G"; max = "1536M"; };
    tasks = 128;
    stopSeconds = 15;
    serviceConfig = noHostRole;
  };

  # A service that hangs does not end by itself: asked every half minute, restarted after three silent answers.
  formwright-inference-probe = {
    description = "Formwright: does the inference service answer?";
    after = [ "formwright-inference.service" ];
    wants = [ ];
    wantedBy = [ ];
    startAt = "*:*:0/30";
    unitConfig = { OnFailure = "formwright-inference-restart.service"; };
    environment = { };
    serviceConfig = sandbox // {
      Type = "oneshot";
      ExecStart = "${curl} --fail --silent --show-error --output /dev/null --retry 2 --retry-all-errors --max-time 10 http://127.0.0.1:${toString address.inference.port}/health";
      IPAddressDeny = "any";
      IPAddressAllow = "localhost";
      MemoryMax = "64M";
      TasksMax = 8;
      TimeoutStartSec = 60;
    };
  };

  formwright-inference-restart = {
    description = "Formwright: the inference service is started again";
    after = [ ];
    wants = [ ];
    wantedBy = [ ];
    unitConfig = { };
    environment = { };
    # Root, since it gives an order to systemd, and cut off from everything but systemd's socket.
    serviceConfig = removeAttrs sandbox [ "DynamicUser" "PrivateUsers" ] // {
      Type = "oneshot";
      ExecStart = "${systemctl} try-restart formwright-inference.service";
      PrivateNetwork = true;
      RestrictAddressFamilies = "AF_UNIX";
      MemoryMax = "64M";
      TasksMax = 8;
    };
  };
}
