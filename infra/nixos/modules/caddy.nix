{ config, lib, pkgs, ... }:
let
  cfg = config.services.formwright;
  upstream = name: "127.0.0.1:${toString cfg.${name}.port}";
in
{
  config = lib.mkIf (cfg.enable && cfg.caddy.enable) {
    networking.firewall.allowedTCPPorts = [ 80 443 ];
    services.caddy = {
      enable = true;
      configFile = pkgs.writeText "Caddyfile" (import ../caddyfile.nix { inherit (cfg) root; });
      # No admin endpoint: a change is a restart.
      enableReload = false;
    };
    systemd.services.caddy = {
      environment = {
        FORMWRIGHT_SITE = cfg.caddy.site;
        FORMWRIGHT_OPERATOR = cfg.caddy.operator;
        FORMWRIGHT_APP_UPSTREAM = upstream "app";
        FORMWRIGHT_GATEWAY_UPSTREAM = upstream "gateway";
        FORMWRIGHT_INFERENCE_UPSTREAM = upstream "inference";
        FORMWRIGHT_TEMPORAL_UI_UPSTREAM = cfg.caddy.temporalUi;
      };
      # FORMWRIGHT_OPERATOR_HASH=…, from `caddy hash-password`.
      serviceConfig.EnvironmentFile = "${cfg.secrets}/caddy.env";
    };
  };
}
