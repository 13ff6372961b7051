# An example host: a machine on EC2 with the worker's role, all parts, Temporal elsewhere.
{ ... }:
let
  example = import ./example.nix;
in
{
  networking.hostName = "formwright";
  system.stateVersion = "25.11";
  fileSystems."/" = { device = "/dev/disk/by-label/nixos"; fsType = "ext4"; };
  boot.loader.grub.device = "/dev/nvme0n1";
  swapDevices = [ ];

  services.formwright = {
    enable = true;
    inherit (example) root secrets environment;
    # Remove a part to run it on a host of its own, and give its address in `environment`.
    inference.enable = true;
    worker.enable = true;
    gateway.enable = true;
    app.enable = true;
    caddy = {
      enable = true;
      site = "forms.example.org";
      operator = "operator";
    };
  };
}
