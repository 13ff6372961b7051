{ imports = [ ./options.nix ./parts.nix ./caddy.nix ]; }
