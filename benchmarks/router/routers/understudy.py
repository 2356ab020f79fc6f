"""Understudy's router alone, in front of one fixed server. What is started is in `command` and nowhere else."""

import glob
import os
import shlex
import subprocess
import zipfile

from routers import common
from routers.proxies import Proxy
from routers.server import LOOKUP
from sidebyside import processes
from sidebyside.processes import Unavailable

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
PROGRAM = os.path.join(ROOT, "understudy")
BUILDING = 1200.0
SOURCE = os.path.join(ROOT, "benchmarks", "router", "FixedServerRouter.java")
MAIN = "FixedServerRouter"
ROUTER = "io.understudy.router.Router"
COMPILING = 120.0
JVM = "--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -XX:+UseSerialGC -Xms64m -Xmx256m -XX:-UsePerfData"
PLACEHOLDERS = ("classes", "listen", "server", "pool", "clients", "user", "password_file")


def command(chosen):
    """The words that start the router; {placeholders} are filled in by the caller."""
    if chosen.understudy:
        return shlex.split(chosen.understudy)
    return [
        os.path.join(java_home(), "bin", "java"),
        *shlex.split(chosen.java_options if chosen.java_options is not None else JVM),
        *("-cp", f"{{classes}}{os.pathsep}{built()}/lib/*", MAIN),
        *("--listen", "{listen}", "--server", "{server}"),
        *("--pool-size", "{pool}", "--max-clients", "{clients}"),
        *("--lookup-user", "{user}", "--lookup-password-file", "{password_file}"),
    ]


def built():
    """Builds if needed, as `understudy` does, and returns the directory that it starts from."""
    if os.environ.get("UNDERSTUDY_BUILD") != "never":
        done = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, timeout=BUILDING, check=False)
        if done.returncode != 0:
            raise Unavailable(f"{PROGRAM} --version ended with {done.returncode}: {(done.stderr or done.stdout)[-800:].strip()}")
    target = os.path.join(ROOT, "cli", "target", "quick")
    try:
        with open(os.path.join(target, "latest"), encoding="utf-8") as file:
            return os.path.join(target, "dist", file.read().strip())
    except OSError as missing:
        raise Unavailable(f"nothing was built yet ({missing}): run without UNDERSTUDY_BUILD=never") from missing


def java_home():
    """The same JDK that `understudy` finds."""
    finding = subprocess.run(
        ["bash", "-c", f". {shlex.quote(ROOT)}/scripts/find-jdk.sh && find_jdk"], capture_output=True, text=True, timeout=60, check=False
    )
    if finding.returncode != 0:
        raise Unavailable(finding.stderr.strip())
    return finding.stdout.strip()


def has_class(directory, name):
    entry = name.replace(".", "/") + ".class"
    for jar in glob.glob(os.path.join(directory, "lib", "understudy-*.jar")):
        with zipfile.ZipFile(jar) as archive:
            if entry in archive.namelist():
                return True
    return False


class Understudy(Proxy):
    """The router as a process of its own, run by whom runs this: its classes may lie where no other user can read."""

    label = "understudy"
    chosen = None

    @classmethod
    def requirements(cls, chosen):
        cls.chosen = chosen
        if not chosen.understudy:
            directory = built()
            if not has_class(directory, ROUTER):
                raise Unavailable(f"no jar in {directory}/lib holds {ROUTER}: build a tree that has it, or give --understudy 'COMMAND'")

    def compiled(self):
        """The directory of the program's class; compiled here, so that no compiler is in the measured process."""
        directory = self.path("classes")
        javac = os.path.join(java_home(), "bin", "javac")
        done = subprocess.run(
            [javac, "-proc:none", "-d", directory, "-cp", f"{built()}/lib/*", SOURCE],
            capture_output=True, text=True, timeout=COMPILING, check=False,
        )
        if done.returncode != 0:
            raise Unavailable(f"{SOURCE} does not compile: {done.stderr[-800:].strip()}")
        return directory

    def start(self):
        secret = self.path("lookup-password")
        with open(os.open(secret, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
            file.write(self.server.lookup_password + "\n")
        values = {
            "listen": "{}:{}".format(*self.address),
            "server": "{}:{}".format(*self.server.address),
            "pool": str(common.POOL_SIZE),
            "clients": str(self.clients),
            "user": LOOKUP,
            "password_file": secret,
            "classes": "" if self.chosen.understudy else self.compiled(),
        }
        words = command(self.chosen)
        shown = [os.path.basename(words[0]), *(word.replace(ROOT, ".") for word in words[1:])]
        self.facts = {"command": " ".join(shown)}
        for name in PLACEHOLDERS:
            words = [word.replace("{" + name + "}", values[name]) for word in words]
        return processes.spawn(words, self.log, self.home)
