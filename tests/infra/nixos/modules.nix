# The modules' own expressions for the example host, over the few functions of nixpkgs that they call.
let
  lib = {
    mkEnableOption = _: { };
    mkOption = option: option;
    types = { port = "port"; str = "str"; path = "path"; attrsOf = _: "attrs"; };
    mkIf = condition: value: if condition then value else { };
    genAttrs = names: of: builtins.listToAttrs (map (name: { inherit name; value = of name; }) names);
    any = builtins.any;
    filterAttrs = keep: set: removeAttrs set (builtins.filter (name: !keep name set.${name}) (builtins.attrNames set));
    mapAttrs = builtins.mapAttrs;
    concatMap = builtins.concatMap;
    makeLibraryPath = paths: builtins.concatStringsSep ":" (map (path: "${path}/lib") paths);
    optionalString = condition: text: if condition then text else "";
    hasPrefix = prefix: text: builtins.substring 0 (builtins.stringLength prefix) text == prefix;
  };
  packages = [ "nodejs_22" "bash" "curl" "systemd" "git" "coreutils" "zlib" "python311" "temporal-cli" ];
  pkgs = lib.genAttrs packages (name: "/store/${name}") // { stdenv.cc.cc = "/store/cc"; writeText = _: text: text; };
  modules = ../../../infra/nixos/modules;
  host = (import ../../../infra/nixos/host.nix { }).services.formwright;
  part = port: { enable = true; inherit port; metricsPort = port + 1000; memory = { }; };
  config.services.formwright = host // {
    inference = part 8090;
    app = (part 8091) // { enable = false; };
    gateway = part 8092;
    worker = (part 8093) // { memory.max = "9G"; };
    caddy = host.caddy // { temporalUi = "127.0.0.1:8233"; };
  };
  made = (import (modules + "/parts.nix") { inherit config lib pkgs; }).config;
in
{
  options = builtins.attrNames (import (modules + "/options.nix") { inherit lib; }).options.services.formwright;
  parts = made.systemd.services;
  timers = made.systemd.timers;
  safe = made.programs.git.config.safe.directory;
  caddy = (import (modules + "/caddy.nix") { inherit config lib pkgs; }).config.systemd.services.caddy;
}
