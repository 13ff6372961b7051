"""What a fresh instance finds on its disk: a home, its user data, `shutdown`, a PATH."""

import base64
import shutil
import sys
from pathlib import Path

from .config import ImageConfig
from .records import InstanceRecord

_SHUTDOWN = """#!{python} -I
# Asks the host: `shutdown -h now`, `shutdown -h +MINUTES`, `shutdown -c`.
import sys, urllib.request
words = [w for w in sys.argv[1:] if not w.startswith("-")] or ["now"]
when = "cancel" if "-c" in sys.argv[1:] else words[0]
request = urllib.request.Request("http://127.0.0.1:{port}/host/shutdown?when=" + when.replace("+", "%2B"),
                                 method="POST", headers={{"x-host-token": "{token}"}})
try:
    urllib.request.urlopen(request, timeout=10).read()
except OSError as error:
    sys.exit(f"shutdown: the host refused {{when!r}}: {{error}}")
"""


class Disk:
    """An instance's own folder. `console.log` outlives the instance; the rest ends with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.console = folder / "console.log"
        self.script = folder / "user-data"

    def write(self, record: InstanceRecord) -> None:
        """Makes the disk as an image with this user data would have it."""
        for place in (self.home, self.folder / "tmp"):
            place.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        self.script.write_bytes(base64.b64decode(record.user_data or ""))
        self.script.chmod(0o700)

    def write_commands(self, imds_port: int, host_token: str) -> None:
        """Puts `shutdown` and `poweroff` in the instance's PATH, for the host that listens now."""
        commands = self.folder / "bin"
        commands.mkdir(parents=True, exist_ok=True)
        for name in ("shutdown", "poweroff"):
            command = commands / name
            command.write_text(_SHUTDOWN.format(python=sys.executable, port=imds_port, token=host_token))
            command.chmod(0o700)

    def environment(self, record: InstanceRecord, image: ImageConfig, imds_port: int) -> dict[str, str]:
        """The environment of the user data: nothing of ours but what the image brings."""
        path = [self.folder / "bin", *image.path, Path("/usr/local/bin"), Path("/usr/bin"), Path("/bin")]
        return {
            "PATH": ":".join(str(p) for p in path),
            "HOME": str(self.home),
            "TMPDIR": str(self.folder / "tmp"),
            "LANG": "C.UTF-8",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": f"http://127.0.0.1:{imds_port}",
            "FORMWRIGHT_INSTANCE_ID": record.id,
            **image.env,
        }

    def wipe(self) -> None:
        """Removes everything but the console log, as a deleted root volume is gone."""
        for place in (self.home, self.folder / "tmp", self.folder / "bin"):
            shutil.rmtree(place, ignore_errors=True)
        self.script.unlink(missing_ok=True)
