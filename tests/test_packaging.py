"""What is shipped: the image, the compose file, the wheel's contents."""

import fnmatch
import json
import os
import re
import shutil
import subprocess
import tomllib
from typing import Any

import pytest
import yaml

import gongkai
from tests import command_lines
from tests.conftest import PROJECT, unavailable

SETTINGS = {f"GONGKAI_{name.upper()}" for name, _default, _help in gongkai.settings_table()}
SECRET_NAME = re.compile(r"PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|CREDENTIAL", re.IGNORECASE)
ELASTICSEARCH_IMAGE = re.compile(r"docker\.elastic\.co/elasticsearch/elasticsearch:9\.\d+\.\d+")


@pytest.fixture(scope="module")
def instructions() -> list[tuple[str, str]]:
    """(instruction, arguments) of the Dockerfile, continued lines joined."""
    text = (PROJECT / "Dockerfile").read_text(encoding="utf-8")
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    return [
        (word.upper(), rest.strip())
        for line in lines
        if line.strip() and not line.startswith("#")
        for word, _, rest in [line.partition(" ")]
    ]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text(encoding="utf-8"))
    return found


def arguments(instructions: list[tuple[str, str]], name: str) -> list[str]:
    return [rest for word, rest in instructions if word == name]


def environment(instructions: list[tuple[str, str]]) -> dict[str, str]:
    pairs = (pair.partition("=") for rest in arguments(instructions, "ENV") for pair in rest.split())
    return {name: value for name, _, value in pairs}


def test_the_image_is_slim_and_runs_as_a_user(instructions: list[tuple[str, str]]) -> None:
    assert {rest.split()[0] for rest in arguments(instructions, "FROM")} == {"python:3.13-slim"}
    users = arguments(instructions, "USER")
    assert users
    assert users[-1] not in ("root", "0")
    assert arguments(instructions, "VOLUME") == ["/data"]
    assert arguments(instructions, "EXPOSE") == ["8000"]


def test_the_image_takes_what_the_lock_names(instructions: list[tuple[str, str]]) -> None:
    runs = " ".join(arguments(instructions, "RUN"))
    assert "--require-hashes -r requirements.lock" in runs
    assert "--no-deps ." in runs


def test_the_image_starts_the_service_for_the_network(instructions: list[tuple[str, str]]) -> None:
    command = json.loads(arguments(instructions, "CMD")[-1])
    assert command[:2] == ["gongkai", "serve"]
    assert command[command.index("--host") + 1] == "0.0.0.0"
    assert command_lines.parse(command[1:]) == "serve"


def test_the_image_is_healthy_when_the_service_is(instructions: list[tuple[str, str]]) -> None:
    check = arguments(instructions, "HEALTHCHECK")[0]
    command = json.loads(check.partition("CMD ")[2])
    assert command[:2] == ["python", "-c"]
    assert "urllib" in command[2]
    assert ":8000/healthz" in command[2]
    compile(command[2], "healthcheck", "exec")


def test_what_the_image_copies_exists_and_is_sent(instructions: list[tuple[str, str]]) -> None:
    rules = (PROJECT / ".dockerignore").read_text(encoding="utf-8").split("\n")
    copied = {
        source.removeprefix("./")
        for rest in arguments(instructions, "COPY")
        if "--from" not in rest
        for source in rest.split()[:-1]
    }
    assert copied >= {"requirements.lock", "pyproject.toml", "gongkai.py", "analyzers", "search_api"}
    for source in copied:
        assert (PROJECT / source).exists(), f"{source} is copied and does not exist"
        assert sent_to_docker(source, rules), f"{source} is copied and kept away by .dockerignore"
    for private in (".git", ".venv", "var", "tests", "gongkai.toml", ".env"):
        assert not sent_to_docker(private, rules), f"{private} does not belong into the image"


def sent_to_docker(path: str, rules: list[str]) -> bool:
    """The last rule that fits decides, as Docker has it."""
    sent = True
    for rule in rules:
        if rule and not rule.startswith("#") and fnmatch.fnmatch(path, rule.lstrip("!")):
            sent = rule.startswith("!")
    return sent


def test_image_and_compose_use_settings_that_exist(
    instructions: list[tuple[str, str]], compose: dict[str, Any]
) -> None:
    used = set(environment(instructions))
    for service in compose["services"].values():
        used |= set(service["environment"])
    text = (PROJECT / "docker-compose.yml").read_text(encoding="utf-8")
    used |= set(re.findall(r"GONGKAI_[A-Z_]+", text))
    assert {name for name in used if name.startswith("GONGKAI_")} <= SETTINGS


def test_no_secret_is_written_down(instructions: list[tuple[str, str]], compose: dict[str, Any]) -> None:
    assert not [name for name in environment(instructions) if SECRET_NAME.search(name)]
    assert not [rest for rest in arguments(instructions, "ARG") if SECRET_NAME.search(rest)]
    for service in compose["services"].values():
        for name, value in service["environment"].items():
            if SECRET_NAME.search(name):
                assert re.fullmatch(r"\$\{[A-Z_]+(:[-?][^}]*)?\}", value), f"{name} is written down"
                assert not re.search(r":-[^}]", value), f"{name} has a default"


def test_the_service_stands_alone_by_default(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert [name for name, service in services.items() if not service.get("profiles")] == ["gongkai"]
    own = services["gongkai"]
    assert own["depends_on"]["elasticsearch"] == {"condition": "service_healthy", "required": False}
    assert own["environment"]["GONGKAI_ENGINE"] == "${GONGKAI_ENGINE:-tantivy}"
    assert any(volume.endswith(":/data") for volume in own["volumes"])
    assert own["ports"] == ["${PUBLISH:-127.0.0.1:8000}:8000"]


def test_elasticsearch_is_a_profile_with_a_password(compose: dict[str, Any]) -> None:
    service = compose["services"]["elasticsearch"]
    assert service["profiles"] == ["elasticsearch"]
    assert ELASTICSEARCH_IMAGE.fullmatch(service["image"])
    assert service["environment"]["xpack.security.enabled"] == "true"
    assert "ports" not in service, "without TLS it is for the containers of the file only"
    assert service["mem_limit"]
    assert "_cluster/health" in service["healthcheck"]["test"][1]
    assert any(volume.endswith(":/usr/share/elasticsearch/data") for volume in service["volumes"])


def test_elasticsearch_does_not_start_without_the_password(compose: dict[str, Any]) -> None:
    """What Compose hands to the shell: ``$$`` is its way to write ``$``."""
    shell, option, script = compose["services"]["elasticsearch"]["command"]
    guard = script.replace("$$", "$").partition(" exec ")[0]
    outcomes = {}
    for password in ("", "secret-of-the-test"):
        done = subprocess.run(
            [shell, option, f"{guard} echo started"],
            env={"PATH": os.environ["PATH"], "ELASTIC_PASSWORD": password},
            capture_output=True,
            text=True,
            check=False,
        )
        outcomes[password] = (done.returncode, done.stdout.strip(), done.stderr)
    assert outcomes["secret-of-the-test"][:2] == (0, "started")
    code, output, error = outcomes[""]
    assert code != 0
    assert output == ""
    assert "set ELASTIC_PASSWORD" in error


def test_volumes_and_dependencies_are_declared(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for volume in service["volumes"]:
            assert volume.split(":")[0] in compose["volumes"]
        for name in service.get("depends_on", {}):
            assert name in compose["services"]


def compose_parser() -> list[str]:
    """The command that reads compose files on this machine and prints what it understood."""
    if named := os.environ.get("GONGKAI_TEST_COMPOSE"):
        return [named]
    docker = shutil.which("docker")
    if docker and not subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        return [docker, "compose", "--profile", "*", "config"]
    return unavailable(
        "compose parser",
        "install Docker with its compose plugin, or build the parser alone with"
        " go install github.com/compose-spec/compose-go/v2/cmd@v2.6.3 and name it in GONGKAI_TEST_COMPOSE",
    )


def test_a_compose_parser_reads_the_file_without_a_password(compose: dict[str, Any]) -> None:
    command = compose_parser()
    file = str(PROJECT / "docker-compose.yml")
    command = [*command[:2], "-f", file, *command[2:]] if "compose" in command else [*command, file]
    names = {name: value for name, value in os.environ.items() if not name.startswith(("GONGKAI_", "ELASTIC_"))}
    done = subprocess.run(command, env=names, capture_output=True, text=True, check=False, cwd=PROJECT)
    assert done.returncode == 0, done.stderr
    understood = yaml.safe_load(done.stdout)
    assert set(understood["services"]) == set(compose["services"])
    assert understood["services"]["gongkai"]["environment"]["GONGKAI_ENGINE"] == "tantivy"
    guard = understood["services"]["elasticsearch"]["command"][-1].replace("$$", "$")
    assert guard.startswith(': "${ELASTIC_PASSWORD:?')


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))


def test_the_wheel_holds_every_package_and_the_door(project: dict[str, Any]) -> None:
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    # hatchling looks into ``packages`` or ``only-include`` alone; ``include`` cannot add to them.
    shipped = {*wheel.get("packages", ()), *wheel.get("only-include", ()), *wheel.get("force-include", {})}
    assert shipped == {"analyzers", "crawlers", "indexer", "search_api", "samples", "gongkai.py"}
    for name in shipped:
        assert (PROJECT / name).exists()


def test_the_command_of_the_wheel_exists(project: dict[str, Any]) -> None:
    module, _, function = project["project"]["scripts"]["gongkai"].partition(":")
    assert module == "gongkai"
    assert callable(getattr(gongkai, function))


def test_the_licence_is_there(project: dict[str, Any]) -> None:
    assert project["project"]["license"] == "Apache-2.0"
    text = (PROJECT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
    for name in (*project["project"]["license-files"], project["project"]["readme"]):
        assert (PROJECT / name).is_file()


def test_changelog_names_the_version(project: dict[str, Any]) -> None:
    text = (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## \[(.+?)\]", text, re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert set(headings[1:]) <= {project["project"]["version"]}


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_every_locked_package_has_its_hashes(lock: str) -> None:
    text = re.sub(r"\\\n\s*", " ", (PROJECT / lock).read_text(encoding="utf-8"))
    packages = [line for line in text.splitlines() if re.match(r"[a-z0-9]", line)]
    assert packages
    assert not [line.split()[0] for line in packages if "--hash=sha256:" not in line]
    assert "://" not in text, f"{lock} names an address"


def test_the_lock_holds_every_dependency(project: dict[str, Any]) -> None:
    locked = set(re.findall(r"^([a-z0-9][a-z0-9._-]*)==", (PROJECT / "requirements.lock").read_text(), re.MULTILINE))
    wanted = {re.split(r"[<>=!~;\[ ]", need)[0].lower() for need in project["project"]["dependencies"]}
    assert {name.replace("_", "-").replace(".", "-") for name in wanted} <= {n.replace(".", "-") for n in locked}
