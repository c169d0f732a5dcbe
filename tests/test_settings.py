"""Settings: environment variables, their defaults, and what is said of wrong ones."""

import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from app.settings import PREFIX, Settings, SettingsError, load
from tests.service import launch

DEFAULTS: dict[str, Any] = {
    "host": "127.0.0.1",
    "port": 8000,
    "max_body_bytes": 64 * 2**20,
    "max_elements": 16_000_000,
    "max_ndim": 32,
    "max_samples": 10_000,
    "max_simulated": 10**9,
    "deadline_seconds": 30,
    "threads": len(os.sched_getaffinity(0)),
    "max_requests": 128,
    "queue_seconds": 5,
    "memory_bytes": None,
    "workers": 1,
    "header_seconds": 10,
    "transfer_seconds": 20,
    "min_bytes_per_second": 10_000,
    "drain_seconds": 0,
    "graceful_seconds": 20,
    "api_keys": None,
    "api_keys_file": None,
    "cors_origins": None,
    "root_path": None,
    "log_format": "text",
}
LINKS = {
    "DROPOUT_SERVICE_HOST": "10.0.0.1",
    "DROPOUT_SERVICE_PORT": "8000",
    "DROPOUT_SERVICE_PORT_HTTP": "8000",
    "DROPOUT_PORT_8000_TCP": "tcp://10.0.0.1:8000",
    "DROPOUT_PORT_8000_TCP_ADDR": "10.0.0.1",
    "DROPOUT_PORT_8000_TCP_PORT": "8000",
    "DROPOUT_PORT_8000_TCP_PROTO": "tcp",
}
"""What Kubernetes sets in the pods beside a Service named dropout, but for DROPOUT_PORT."""


def wrong(environ: dict[str, str]) -> list[str]:
    """The sentences about an environment."""
    with pytest.raises(SettingsError) as caught:
        load(environ)
    return str(caught.value).splitlines()


def test_the_defaults_are_the_contracts() -> None:
    """Without variables, the documented values."""
    assert load({}).model_dump() == DEFAULTS


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("host", "0.0.0.0", "0.0.0.0"),
        ("host", "::", "::"),
        ("port", "0", 0),
        ("port", "65535", 65535),
        ("max_body_bytes", "1", 1),
        ("max_elements", "1000000000", 10**9),
        ("max_ndim", "0", 0),
        ("max_ndim", "63", 63),
        ("max_samples", "1", 1),
        ("threads", "256", 256),
        ("workers", "256", 256),
        ("header_seconds", "1", 1),
        ("transfer_seconds", "600", 600),
        ("min_bytes_per_second", "1", 1),
        ("drain_seconds", "0", 0),
        ("graceful_seconds", "0", 0),
        ("cors_origins", "*", ("*",)),
        (
            "cors_origins",
            "https://page.example , http://localhost:3000",
            ("https://page.example", "http://localhost:3000"),
        ),
        *(
            ("cors_origins", text, (text,))
            for text in (
                "http://[::1]:8080",
                "http://127.0.0.1:1",
                "https://x:65535",
                "chrome-extension://abc",
                "https://a_b.c",
            )
        ),
        *(("root_path", text, text) for text in ("/dropout", "/a/b.c/d-e_f~g", "/v10", "/.well")),
        ("log_format", "json", "json"),
    ],
)
def test_a_variable_sets_a_setting(name: str, text: str, value: object) -> None:
    """The variable of a setting is its name in capitals after DROPOUT_; the others keep their defaults."""
    assert load({f"{PREFIX}{name.upper()}": text}).model_dump() == DEFAULTS | {name: value}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("host", ""),
        *(("port", text) for text in ("abc", "", "-1", "65536", "80.5", "0x50", "8000 8001", "nan", "١.٥")),
        *(
            (name, text)
            for name in (
                *("max_body_bytes", "max_elements", "max_samples", "threads", "workers"),
                *("header_seconds", "transfer_seconds", "min_bytes_per_second"),
            )
            for text in ("0", "-1", "1e6", "many", "")
        ),
        *(("max_ndim", text) for text in ("-1", "64", "x")),
        *((name, "257") for name in ("threads", "workers")),
        *((name, text) for name in ("drain_seconds", "graceful_seconds") for text in ("-1", "soon", "1.5")),
        *(
            ("cors_origins", text)
            for text in (
                *(
                    "",
                    ",",
                    "*,*",
                    "https://a,*",
                    "https://a,",
                    "null",
                    "page.example",
                    "https://",
                    "//a",
                    "https://*.a",
                ),
                *("https://a/", "https://a/b", "https://a?b", "https://a#b", "https://u@a", "HTTPS://a", "https://A"),
                *(
                    "https://a:443",
                    "http://a:80",
                    "https://a:0",
                    "https://a:66000",
                    "https://a:",
                    "https://a b",
                    "https://ä",
                ),
            )
        ),
        *(
            ("root_path", text)
            for text in (
                "",
                "/",
                "dropout",
                "/dropout/",
                "/a b",
                "//a",
                "/a//b",
                "/..",
                "/a/.",
                "/a?b",
                "/v1",
                "/docs/a",
                "/ä",
            )
        ),
        *(("log_format", text) for text in ("xml", "JSON", "")),
    ],
)
def test_a_wrong_value_is_named(name: str, text: str) -> None:
    """One sentence has the variable and the value."""
    (sentence,) = wrong({f"{PREFIX}{name.upper()}": text})
    assert sentence.startswith(f"{PREFIX}{name.upper()} is wrong: ")
    assert sentence.endswith(f", got {text!r}.")


@pytest.mark.parametrize(
    ("text", "keys"),
    [("a", ["a"]), (" a ,\tb\r\n", ["a", "b"]), ("a,,b,", ["a", "b"]), ("!~=/+:;", ["!~=/+:;"])],
)
def test_keys_are_a_list(text: str, keys: list[str]) -> None:
    """Blanks around a key and carriage returns are none of it, and what is empty is no key."""
    assert [key.get_secret_value() for key in load({"DROPOUT_API_KEYS": text}).keys] == keys


def test_keys_of_a_file_are_added(tmp_path: Path) -> None:
    """One a line, commas among them; a file of Windows too. Both settings add up."""
    (tmp_path / "keys").write_bytes(b"c\r\n\r\n  d,e \n")
    settings = load({"DROPOUT_API_KEYS": "a", "DROPOUT_API_KEYS_FILE": str(tmp_path / "keys")})
    assert [key.get_secret_value() for key in settings.keys] == ["a", "c", "d,e"]


@pytest.mark.parametrize("text", ["", " ", ",", "\r\n", "k\u00e9y", "two words", "a\0b", "first\nsecond"])
def test_wrong_keys_stop_the_start_and_are_not_repeated(text: str, tmp_path: Path) -> None:
    """A setting without a key would lock nothing, and one with strange characters let nobody in: a sentence says so."""
    (tmp_path / "keys").write_text(text.replace("\n", " x "))
    (sentence,) = wrong({"DROPOUT_API_KEYS": text})
    assert sentence.startswith("DROPOUT_API_KEYS is wrong: it must have ")
    assert len(text.strip()) < 2 or text[:2] not in sentence.removeprefix("DROPOUT_API_KEYS is wrong")
    if text.strip(" ,\r\n"):
        (sentence,) = wrong({"DROPOUT_API_KEYS_FILE": str(tmp_path / "keys")})
        assert sentence.startswith("DROPOUT_API_KEYS_FILE is wrong: it must have ")


def test_a_file_of_keys_must_be_there(tmp_path: Path) -> None:
    """Whatever is in its way, the sentence has its name and the system's reason; without a key it is as wrong."""
    (tmp_path / "empty").write_text(" \r\n\n")
    for name, reason in (("none", "No such file"), ("", "Is a directory"), ("empty", "must have a key")):
        (sentence,) = wrong({"DROPOUT_API_KEYS_FILE": str(tmp_path / name)})
        assert sentence.startswith("DROPOUT_API_KEYS_FILE is wrong: ")
        assert reason in sentence
        assert sentence.endswith(f", got {str(tmp_path / name)[:80]!r}.")


def test_keys_are_told_to_nobody(tmp_path: Path) -> None:
    """Whoever prints the settings prints no key."""
    (tmp_path / "keys").write_text("hidden-2")
    settings = load({"DROPOUT_API_KEYS": "hidden-1", "DROPOUT_API_KEYS_FILE": str(tmp_path / "keys")})
    assert "hidden" not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"


def test_a_long_value_is_cut() -> None:
    """Nobody wants a page of what was wrong."""
    (sentence,) = wrong({"DROPOUT_PORT": "x" * 10_000})
    assert len(sentence) < 250


@pytest.mark.parametrize("name", ["DROPOUT_PROT", "DROPOUT_MAX_BODY", "DROPOUT_", "DROPOUT_P", "DROPOUT_SEED"])
def test_an_unknown_variable_is_refused(name: str) -> None:
    """A misspelt setting does not go unnoticed: the sentence lists those there are."""
    (sentence,) = wrong({name: "1"})
    assert sentence.startswith(f"{name} is not a setting; ")
    assert all(f"{PREFIX}{setting.upper()}" in sentence for setting in DEFAULTS)


def test_all_that_is_wrong_is_said() -> None:
    """A sentence for each variable that is wrong."""
    sentences = wrong({"DROPOUT_PORT": "x", "DROPOUT_THREADS": "0", "DROPOUT_FOO": "1"})
    assert sorted(sentence.split()[0] for sentence in sentences) == ["DROPOUT_FOO", "DROPOUT_PORT", "DROPOUT_THREADS"]


def test_other_variables_mean_nothing() -> None:
    """Only names that begin with DROPOUT_ are read."""
    assert load({"PORT": "1", "HOST": "x", "MY_DROPOUT_PORT": "x", "DROPOUTPORT": "x"}).model_dump() == DEFAULTS


def test_what_kubernetes_announces_is_passed_by() -> None:
    """The links to a Service of our name are no settings."""
    assert load(LINKS | {"DROPOUT_PORT": "1234"}).port == 1234


def test_the_port_kubernetes_announces_is_explained() -> None:
    """Its DROPOUT_PORT is the name of our own setting, and no number: the sentence says what to do."""
    (sentence,) = wrong(LINKS | {"DROPOUT_PORT": "tcp://10.0.0.1:8000"})
    assert "enableServiceLinks: false" in sentence


def test_settings_stay_as_they_are() -> None:
    """Nothing changes a setting once it is in force."""
    settings = load({})
    with pytest.raises(ValidationError):
        setattr(settings, "port", 1)  # noqa: B010 - not even by name


def test_every_setting_is_described() -> None:
    """Each has a meaning, for whoever lists them."""
    assert all(field.description for field in Settings.model_fields.values())
    assert set(Settings.model_fields) == set(DEFAULTS)


def test_a_wrong_setting_stops_the_start() -> None:
    """The process ends as a failure, with the sentences on standard error and nothing else, no traceback."""
    process = launch(port="abc", rate="1")
    out, error = process.communicate(timeout=30)
    assert process.returncode == 1
    assert (out, error.splitlines()) == ("", wrong({"DROPOUT_PORT": "abc", "DROPOUT_RATE": "1"}))
