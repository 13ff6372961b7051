# nix-instantiate --eval --strict --json infra/nixos/render.nix: file name to text, as in rendered/.
let
  example = import ./example.nix;
  units = import ./units.nix example;

  text = value: if value == true then "true" else if value == false then "false" else toString value;
  # A list is the same directive several times, but for those whose values stand in one line.
  lines = name: value: if builtins.isList value then map (one: "${name}=${text one}") value else [ "${name}=${text value}" ];
  section = name: values: [ "[${name}]" ] ++ builtins.concatLists (map (key: lines key values.${key}) (builtins.attrNames values)) ++ [ "" ];
  joined = builtins.concatStringsSep;

  service = unit:
    let
      order = (if unit.after == [ ] then { } else { After = joined " " unit.after; })
        // (if unit.wants == [ ] then { } else { Wants = joined " " unit.wants; });
      environment = map (key: "Environment=\"${key}=${unit.environment.${key}}\"") (builtins.attrNames unit.environment);
    in
    joined "\n" (
      section "Unit" ({ Description = unit.description; } // order // unit.unitConfig)
      ++ [ "[Service]" ] ++ environment ++ builtins.tail (section "Service" unit.serviceConfig)
      ++ (if unit.wantedBy == [ ] then [ ] else section "Install" { WantedBy = joined " " unit.wantedBy; })
    );
  timer = name: unit: joined "\n" (
    section "Unit" { Description = unit.description; }
    ++ section "Timer" { OnCalendar = unit.startAt; AccuracySec = "1s"; }
    ++ section "Install" { WantedBy = "timers.target"; }
  );
  files = name:
    let unit = units.${name}; in
    [ { name = "${name}.service"; value = service unit; } ]
    ++ (if unit ? startAt then [ { name = "${name}.timer"; value = timer name unit; } ] else [ ]);
in
builtins.listToAttrs (builtins.concatLists (map files (builtins.attrNames units)))
// { Caddyfile = import ./caddyfile.nix { inherit (example) root; }; }
