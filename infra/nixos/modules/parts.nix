{ config, lib, pkgs, ... }:
let
  cfg = config.services.formwright;
  parts = [ "inference" "worker" "gateway" "app" ];
  units = import ../units.nix {
    inherit (cfg) root secrets environment;
    node = "${pkgs.nodejs_22}/bin/node";
    python = "${cfg.root}/.formwright/venv/bin/python";
    shell = "${pkgs.bash}/bin/sh";
    curl = "${pkgs.curl}/bin/curl";
    systemctl = "${pkgs.systemd}/bin/systemctl";
    libraries = lib.makeLibraryPath [ pkgs.stdenv.cc.cc pkgs.zlib ];
    address = lib.genAttrs parts (name: { inherit (cfg.${name}) port; metrics = cfg.${name}.metricsPort; });
    memory = lib.genAttrs parts (name: cfg.${name}.memory);
  };
  wanted = lib.filterAttrs
    (name: _: lib.any (part: cfg.${part}.enable && lib.hasPrefix "formwright-${part}" name) parts)
    units;
in
{
  config = lib.mkIf cfg.enable {
    systemd.services = lib.mapAttrs
      (_: unit: unit // {
        path = [ pkgs.git pkgs.coreutils ];
        # A catalog commit is made in a clone of its own; the checkout stays read-only.
        preStart = lib.optionalString (unit ? environment.FORMWRIGHT_REPOSITORY) ''
          test -d "$FORMWRIGHT_REPOSITORY" || git clone --quiet ${cfg.root} "$FORMWRIGHT_REPOSITORY"
        '';
      })
      wanted;
    # systemd's own accuracy is a minute.
    systemd.timers = lib.mapAttrs (_: _: { timerConfig.AccuracySec = "1s"; }) (lib.filterAttrs (_: unit: unit ? startAt) wanted);
    systemd.slices.formwright.sliceConfig.MemoryAccounting = true;
    # Programs in pip's wheels and npm's packages look for the loader where other distributions have it.
    programs.nix-ld = { enable = true; libraries = [ pkgs.stdenv.cc.cc pkgs.zlib ]; };
    # The worker clones a checkout that is root's, and root fetches pages from the clone: git asks for both forms of a path.
    programs.git = {
      enable = true;
      config.safe.directory = lib.concatMap (path: [ path "${path}/.git" ]) [ "${cfg.root}" "/var/lib/private/formwright/worker/repository" ];
    };
    environment.systemPackages = [ pkgs.nodejs_22 pkgs.python311 pkgs.temporal-cli ];
    assertions = [
      {
        assertion = cfg.environment ? FORMWRIGHT_TEMPORAL_ADDRESS || !cfg.worker.enable;
        message = "services.formwright.environment.FORMWRIGHT_TEMPORAL_ADDRESS: expected the address of a Temporal server.";
      }
    ];
  };
}
