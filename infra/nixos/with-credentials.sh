#!/bin/sh
# Runs a command with each file of systemd's credentials directory as a variable of the same name.
set -eu
for file in "${CREDENTIALS_DIRECTORY:?systemd gives it with LoadCredential}"/*; do
	[ -f "$file" ] || continue
	value=$(cat "$file")
	[ -n "$value" ] || continue
	export "${file##*/}=$value"
done
exec "$@"
