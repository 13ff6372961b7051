{
  description = "Formwright on a NixOS host";

  # `nix flake lock` pins the revision on the machine that deploys.
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.11";

  outputs = { self, nixpkgs }: {
    nixosModules.default = import ./modules;
    nixosConfigurations.example = nixpkgs.lib.nixosSystem {
      system = "x86_64-linux";
      modules = [ self.nixosModules.default ./host.nix ];
    };
  };
}
