"""Settings: environment over file over defaults, errors one can act on, secrets never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.settings import read_settings, unknown_variables
from data.news.sources import NewsToFollow, news_to_follow
from execution.opening import broker_account
from trading.errors import ConfigurationError
from trading.risk.decision_rules import rules_of


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No setting of the machine reaches a test; the working folder is empty."""
    for name in (
        "INPLAY_HOME",
        "INPLAY_CONFIG",
        "INPLAY_HTTP_PORT",
        "INPLAY_API_TOKEN",
        "DATABASE_URL",
        "INPLAY_NEWS_FEEDS",
        "INPLAY_NEWS_ALPACA",
        "APCA_API_KEY_ID",
        "APCA_API_SECRET_KEY",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_home_is_var_below_the_working_folder(clean: Path) -> None:
    """Without any setting the data folder is ./var, absolute, and there is no secret."""
    settings = read_settings()
    assert settings.home == clean / "var"
    assert (settings.database_url, settings.api_token) == (None, None)
    assert settings.http_host == "127.0.0.1"


def test_the_environment_wins_over_the_file_and_arguments_over_both(
    clean: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each value comes from the nearest place that has it."""
    (clean / "var").mkdir()
    (clean / "var/inplay.toml").write_text('http_port = 1111\nseed = 1\nstarting_cash_usd = 5000\ndatabase_url = "a"\n')
    monkeypatch.setenv("INPLAY_HTTP_PORT", "2222")
    monkeypatch.setenv("INPLAY_SEED", "2")
    monkeypatch.setenv("DATABASE_URL", "postgresql:///b")
    settings = read_settings(seed=3)
    assert (settings.starting_cash_usd, settings.http_port, settings.seed) == (5000, 2222, 3)
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == "postgresql:///b"


def test_the_file_is_looked_for_in_the_given_home(clean: Path) -> None:
    """A home from the command line brings its own file."""
    (clean / "elsewhere").mkdir()
    (clean / "elsewhere/inplay.toml").write_text("seed = 9\n")
    assert read_settings(home=clean / "elsewhere").seed == 9


def test_every_wrong_value_is_named_with_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """All mistakes are told at once, in words, without a dump of a library."""
    monkeypatch.setenv("INPLAY_HTTP_PORT", "70000")
    monkeypatch.setenv("INPLAY_STARTING_CASH_USD", "lots")
    with pytest.raises(ConfigurationError) as caught:
        read_settings()
    text = str(caught.value)
    assert "INPLAY_HTTP_PORT" in text
    assert "65535" in text
    assert "INPLAY_STARTING_CASH_USD" in text
    assert "'lots'" in text
    assert "pydantic" not in text


def test_a_wrong_secret_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error about a token does not contain it, nor does the printed form of good settings."""
    monkeypatch.setenv("INPLAY_API_TOKEN", "short1")
    with pytest.raises(ConfigurationError) as caught:
        read_settings()
    assert "short1" not in str(caught.value)
    monkeypatch.setenv("INPLAY_API_TOKEN", "long-enough-for-a-token")
    assert "long-enough-for-a-token" not in repr(read_settings())


@pytest.mark.parametrize(
    ("text", "says"), [("seed = ", "no valid TOML"), ("colour = 1", "colour"), ("http_port = 'x'", "http_port")]
)
def test_a_wrong_file_is_named(clean: Path, text: str, says: str) -> None:
    """What is wrong in the file is told with the path of the file."""
    (clean / "var").mkdir()
    (clean / "var/inplay.toml").write_text(text)
    with pytest.raises(ConfigurationError, match=says) as caught:
        read_settings()
    assert str(clean / "var/inplay.toml") in str(caught.value)


def test_a_named_file_has_to_exist(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """INPLAY_CONFIG that names nothing is a mistake, not a default."""
    monkeypatch.setenv("INPLAY_CONFIG", str(clean / "absent.toml"))
    with pytest.raises(ConfigurationError, match=r"absent\.toml"):
        read_settings()


def test_misspelt_variables_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable with our prefix that nothing reads is reported by name."""
    monkeypatch.setenv("INPLAY_HTTP_PROT", "1")
    monkeypatch.setenv("INPLAY_HTTP_PORT", "1")
    assert "INPLAY_HTTP_PROT" in unknown_variables()
    assert "INPLAY_HTTP_PORT" not in unknown_variables()


def test_news_are_off_by_default_and_their_keys_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Feeds are JSON in the environment; Alpaca without keys is refused; with them no text holds one."""
    assert news_to_follow(read_settings()) == NewsToFollow()
    feeds = '[{"url": "https://example.com/r"}, {"url": "https://example.com/a", "symbols": ["aapl"], "social": true}]'
    monkeypatch.setenv("INPLAY_NEWS_FEEDS", feeds)
    monkeypatch.setenv("INPLAY_NEWS_ALPACA", "true")
    assert unknown_variables() == []
    with pytest.raises(ConfigurationError, match="APCA_API_KEY_ID"):
        news_to_follow(read_settings())
    monkeypatch.setenv("APCA_API_KEY_ID", "the-key")
    monkeypatch.setenv("APCA_API_SECRET_KEY", "the-secret")
    wanted = news_to_follow(read_settings())
    made = [source.open() for source in wanted.sources]
    assert [(one.name, one.channel, one.symbols) for one in made] == [
        ("https://example.com/r", "news", ()), ("https://example.com/a", "social", ("AAPL",)), ("alpaca", "news", None),
    ]  # fmt: skip
    assert "the-" not in repr((read_settings(), wanted, made))


def test_two_feeds_of_one_name_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Addresses that differ in their keys alone would share one record."""
    monkeypatch.setenv("INPLAY_NEWS_FEEDS", '[{"url": "https://e.com/r?key=1"}, {"url": "https://e.com/r?key=2"}]')
    with pytest.raises(ConfigurationError, match="twice"):
        news_to_follow(read_settings())


@pytest.mark.parametrize("feeds", ['[{"url": "file:///etc/passwd"}]', '[{"address": "https://example.com"}]', "[7]"])
def test_a_feed_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, feeds: str) -> None:
    """Only http and https addresses, with fields of ours, can be followed."""
    monkeypatch.setenv("INPLAY_NEWS_FEEDS", feeds)
    with pytest.raises(ConfigurationError, match="INPLAY_NEWS_FEEDS"):
        read_settings()


def test_an_account_at_a_broker_needs_keys_and_its_stream_is_beside_its_orders(monkeypatch: pytest.MonkeyPatch) -> None:
    """An account at a broker needs keys, and its stream is beside its orders; without a broker there is none."""
    assert broker_account(read_settings()) is None
    monkeypatch.setenv("INPLAY_BROKER", "alpaca-paper")
    with pytest.raises(ConfigurationError, match="nothing was sent"):
        broker_account(read_settings())
    monkeypatch.setenv("APCA_API_KEY_ID", "a")
    monkeypatch.setenv("APCA_API_SECRET_KEY", "b")
    account = broker_account(read_settings())
    assert account is not None
    assert account.url == "https://paper-api.alpaca.markets"
    assert (account.decides_by, account.reconcile_every_s) == ("hybrid", 300.0)


def test_limits_of_risk_come_from_the_environment_and_the_file(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each by its name, the environment first; the others keep their defaults, a wrong one is told by name."""
    (clean / "var").mkdir()
    (clean / "var/inplay.toml").write_text("[risk]\nmax_weight = 0.05\ndaily_loss = 0.02\n")
    monkeypatch.setenv("INPLAY_RISK_DAILY_LOSS", "0.01")
    monkeypatch.setenv("INPLAY_RISK_MAX_POSITIONS", "4")
    rules = rules_of(read_settings().risk)
    assert (rules.sizing.max_weight, rules.drawdown.daily_loss, rules.sizing.max_positions) == (0.05, 0.01, 4)
    assert rules.sizing.risk_fraction == 0.02
    assert unknown_variables() == []
    monkeypatch.setenv("INPLAY_RISK_MAX_WAIT", "1")
    with pytest.raises(ConfigurationError, match="max_wait is no limit of risk"):
        read_settings()
    monkeypatch.delenv("INPLAY_RISK_MAX_WAIT")
    monkeypatch.setenv("INPLAY_RISK_MAX_WEIGHT", "lots")
    with pytest.raises(ConfigurationError, match="valid number"):
        read_settings()


@pytest.mark.parametrize("variable", ["INPLAY_HOME", "INPLAY_CONFIG", "INPLAY_SPEND_FOLDER", "INPLAY_WARM_FOLDER"])
def test_a_home_folder_that_nobody_knows_is_told(clean: Path, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    """A user without one, as in a container, reads which variable wants it and what else to write."""
    assert clean
    monkeypatch.setenv(variable, "~nobody_of_that_name/inplay")
    with pytest.raises(ConfigurationError, match=rf"(?s){variable}.*no home folder is known.*set HOME"):
        read_settings()
