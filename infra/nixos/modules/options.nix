{ lib, ... }:
let
  inherit (lib) mkEnableOption mkOption types;
  part = about: port: metricsPort: {
    enable = mkEnableOption about;
    port = mkOption { type = types.port; default = port; };
    metricsPort = mkOption { type = types.port; default = metricsPort; description = "Prometheus reads this part here, on loopback."; };
    memory = mkOption {
      type = types.attrsOf types.str;
      default = { };
      example = { high = "12G"; max = "14G"; };
      description = "MemoryHigh and MemoryMax, where they differ from units.nix.";
    };
  };
in
{
  options.services.formwright = {
    enable = mkEnableOption "Formwright";
    root = mkOption {
      type = types.path;
      default = "/opt/formwright";
      description = "Checkout on which `node scripts/setup.mjs` has run; read-only to every part.";
    };
    secrets = mkOption {
      type = types.path;
      default = "/etc/formwright/secrets";
      description = "Folder of one file for each secret, named like its variable, mode 0400, owned by root. An empty file means: not used.";
    };
    environment = mkOption {
      type = types.attrsOf types.str;
      default = { };
      description = "Variables of contracts/settings.ts that are no secrets; FORMWRIGHT_TEMPORAL_ADDRESS is an existing server's.";
    };
    inference = part "the inference service" 8090 8090;
    app = part "the web app" 8091 8095;
    gateway = part "the gateway" 8092 8096;
    worker = part "the worker" 8093 8094;
    caddy = {
      enable = mkEnableOption "Caddy in front of all parts";
      site = mkOption { type = types.str; example = "forms.example.org"; };
      operator = mkOption { type = types.str; default = "operator"; description = "Who may open Temporal's Web UI."; };
      temporalUi = mkOption { type = types.str; default = "127.0.0.1:8233"; };
    };
  };
}
