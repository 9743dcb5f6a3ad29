"""Settings: read once at start from the environment and one TOML file, then frozen.

The environment wins over the file. Every setting is `INPLAY_<NAME>` in the environment and `<name>` in the file; the
database is `DATABASE_URL`, as everywhere else. The file is `INPLAY_CONFIG`, or `inplay.toml` in the data folder.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, AliasChoices, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from adapters.alpaca.addresses import BASE_URL, FREE_REQUESTS_PER_MIN, STREAM_URL, AlpacaFeed
from adapters.news.feeds import NewsFeed
from trading.alerts.alert import Severity
from trading.approval.asked import Silence
from trading.decisions.arms import Arm
from trading.errors import ConfigurationError
from trading.risk.limits import LIMITS, check_limits

PREFIX = "INPLAY_"
WITHOUT_PREFIX = frozenset({"database_url", "apca_api_key_id", "apca_api_secret_key"})
"""Settings whose variables other programs name the same."""
OTHER_VARIABLES = frozenset(
    {
        "INPLAY_CONFIG", "INPLAY_SHARED", "INPLAY_SCREENSHOT_DIR", "INPLAY_TIER_KILLS", "INPLAY_IMPORT_KILLS",
        "INPLAY_DISTURBANCES",
    }
)  # fmt: skip
"""Variables with the prefix that are read elsewhere."""

SECRETS = frozenset(
    {
        *WITHOUT_PREFIX, "api_token", "news_feeds", "s3_access_key", "s3_secret_key", "backup_key", "notify_urls",
        "dead_man_url",
    }
)  # fmt: skip
"""Settings whose values no message shows."""

Port = Annotated[int, Field(ge=1, le=65535)]


def _absolute(path: Path) -> Path:
    try:
        path = path.expanduser()
    except RuntimeError:
        raise ValueError("no home folder is known for this user: set HOME, or write the path without ~") from None
    return Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links the user chose


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError("no time zone of that name; write it as in America/New_York") from None
    return name


def _base_url(url: str) -> str:
    parts = urlsplit(url)
    try:
        port_is_one = parts.port != 0
    except ValueError:
        port_is_one = False
    if not port_is_one:
        raise ValueError("its port isn't one of 1 to 65535")
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError("write it as https://host, without a user, a question mark or a #")
    if any(sign.isspace() or not sign.isprintable() for sign in url):
        raise ValueError("it holds a blank or a sign that can't be seen")
    return url.rstrip("/")


def _http_url(url: SecretStr) -> SecretStr:
    parts = urlsplit(url.get_secret_value())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("write it as https://host/path")
    return url


def _without_user(shown: str) -> str:
    """What may be shown of a value: a URL without its user and password."""
    return re.sub(r"//[^/\s]*@", "//…@", shown)


def _folder_or_bucket(where: str) -> str:
    return where if where.startswith("s3://") else str(_absolute(Path(where)))


class Settings(BaseSettings):
    """What a run needs to know; secrets have no defaults.

    Attributes:
        home: the data folder; bars, models, the embedded database and its log live under it.
        database_url: a PostgreSQL to use in place of the embedded one.
        api_token: the bearer token of the HTTP interface; without it the run makes one and prints it.
        news_feeds: RSS and Atom feeds to follow; a list of tables in the file, JSON in the environment.
        news_alpaca: follow Alpaca's news; needs both keys.
        news_interval_s: how often a source is asked; under an hour, or it doesn't count as followed.
        news_delay_s: from publication to the first decision that may use an article.
        apca_api_key_id: of Alpaca, and its `apca_api_secret_key`; the variables have no prefix, as everywhere else.
        alpaca_url: of Alpaca's market data; another one for a rehearsal.
        alpaca_stream_url: of its stream; likewise.
        live_feed: whose bars come in while a run is alive; none by default.
        live_symbols: that are heard of; `*` = all.
        live_trades: whose last trade is known as well; `*` = all, which is a lot of traffic.
        live_late_s: how long a minute's batch waits for its symbols after the first one.
        alpaca_feed: what the live feed hears: `iex` on the free plan, `sip` = all exchanges.
        alpaca_requests_per_min: as the plan allows; 200 on the free one.
        broker: whose account the run's cycle orders for, and `inplay trading` reconciles and closes; none by default.
        broker_follows: which system decides for that account; without models the ensemble's decisions are the rules'.
        broker_reconcile_min: how often its account is compared with the books, beside each session.
        alpaca_trading_url: of Alpaca's trading in place of the broker's own; for a rehearsal.
        starting_cash_usd: the first deposit of each paper account.
        warm_folder: of bars older than `hot_days`, such as a mounted volume; the data folder without it.
        cold_url: of bars older than `warm_days`: a folder, or `s3://BUCKET/PREFIX`; the data folder without it.
        s3_endpoint: of another object store than Amazon's, such as https://nyc3.digitaloceanspaces.com.
        disk_plan_gb: from this use of the disk on it is said what to buy; three quarters of it (60 of 80 GB) if unset.
        buy_volume: the storage service buys the volume that it asks for, on DigitalOcean, once; it costs $10 a month.
        backup_target: a folder, `USER@HOST:PATH` or `s3://BUCKET/PREFIX`; without it no backup is made by itself.
        backup_key: an age identity (`AGE-SECRET-KEY-1…`); with it every file of a backup is encrypted.
        backup_keep_daily: the latest backups of so many days are kept, `backup_keep_weekly` likewise of weeks.
        ray_address: of a Ray to join, such as `auto` on the head of a cluster; `local` = one of the run's own.
        hosts: `few` = services that go together live in one process; `one-each` = a process for every service.
        gpu_budget_usd_per_month: for training sessions on a rented GPU; 0 = none is ever asked for.
        gpu_session_h: how long such a session lasts at most, and `gpu_wait_min` how long a GPU is waited for.
        gpu_usd_per_h: what a GPU is reckoned at until one is on record.
        gpu_if_dearer: a GPU is rented for a session also where training on the CPU would cost less.
        train_every_sessions: after so many complete sessions that no ensemble learned from, one is trained; 0 = never.
        update_every_sessions: after so many complete sessions the champion's line is updated lightly; 0 = never.
        regime_weights: `fixed` = the models weigh what the strategy says in every regime; `learned` = a training learns
            them by regime from what became of scored setups.
        training_makes: what a new ensemble becomes: `challenger`, or `champion` without anybody looking at it.
        promotion: whether the promotion rule changes roles by itself (`act`), or only says what it would (`tell`).
        spend_folder: where the node provider keeps the starts and stops of machines.
        notify_urls: Apprise URLs of the services that carry alerts; none by default.
        notify_least: severity from which on alerts are sent: `info`, `warning` or `critical`.
        notify_quiet: hours of `notify_time_zone` without any but critical alerts, such as `22:00-07:00`.
        notify_most_a_day: messages to each service; the last is a digest.
        dead_man_url: that hears of each complete session, and raises the alarm elsewhere when it doesn't.
        budget_usd_per_month: of machines; a forecast above it is an alert. 200 is the strategy's most.
        approve: the owner is asked before the open about orders that open a position, in the account that trades.
        approve_url: where the phone reaches the HTTP interface; links begin with it.
        approve_silence: what no answer means: `place` or `hold`.
        approve_until_min: an answer counts until so many minutes before the open.
        seed: of everything that draws random numbers.
        tbill_percent: what T-bills pay a year, which reports compare with; nothing is guessed without it.
        reports_keep: reports of each kind that stay in the data folder.
        risk: limits other than the defaults, by name (`trading.risk.limits.LIMITS`): `INPLAY_RISK_<NAME>`, or the table
            `[risk]` of the file.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True, populate_by_name=True,
        env_nested_delimiter="_", env_nested_max_split=1,
    )  # fmt: skip

    home: Annotated[Path, AfterValidator(_absolute)] = Field(default=Path("var"), validate_default=True)
    database_url: SecretStr | None = Field(default=None, validation_alias=AliasChoices("database_url"))
    api_token: SecretStr | None = Field(default=None, min_length=16)
    http_host: str = Field(default="127.0.0.1", min_length=1)
    http_port: Port = 8000
    dashboard_port: Port = 8265
    news_feeds: tuple[NewsFeed, ...] = Field(default=(), max_length=50)
    news_alpaca: bool = False
    news_interval_s: float = Field(default=300, ge=30, le=1_800)
    news_delay_s: float = Field(default=60, ge=0, le=86_400)
    apca_api_key_id: SecretStr | None = Field(default=None, validation_alias=AliasChoices("apca_api_key_id"))
    apca_api_secret_key: SecretStr | None = Field(default=None, validation_alias=AliasChoices("apca_api_secret_key"))
    alpaca_url: str = Field(default=BASE_URL, pattern=r"^https?://", max_length=200)
    alpaca_stream_url: str = Field(default=STREAM_URL, pattern=r"^wss?://", max_length=200)
    alpaca_feed: AlpacaFeed = "iex"
    live_feed: Literal["none", "alpaca"] = "none"
    live_symbols: tuple[str, ...] = Field(default=("*",), min_length=1, max_length=20_000)
    live_trades: tuple[str, ...] = Field(default=(), max_length=20_000)
    live_late_s: float = Field(default=5.0, ge=0.1, le=60.0)
    alpaca_requests_per_min: int = Field(default=FREE_REQUESTS_PER_MIN, ge=1, le=100_000)
    seed: int = Field(default=7, ge=0, lt=2**31)
    broker: Literal["simulated", "alpaca-paper", "alpaca-live"] = "simulated"
    broker_follows: Arm = "hybrid"
    broker_reconcile_min: float = Field(default=5.0, ge=0.01, le=1_440)
    alpaca_trading_url: str | None = Field(default=None, pattern=r"^https?://", max_length=200)
    starting_cash_usd: int = Field(default=100_000, ge=1_000, le=1_000_000_000)
    warm_folder: Annotated[Path, AfterValidator(_absolute)] | None = None
    cold_url: Annotated[str, AfterValidator(_folder_or_bucket)] | None = Field(default=None, min_length=1)
    hot_days: int = Field(default=30, ge=1, le=36_500)
    warm_days: int = Field(default=365, ge=1, le=36_500)
    s3_endpoint: str | None = Field(default=None, min_length=1)
    s3_region: str = Field(default="us-east-1", min_length=1)
    s3_access_key: SecretStr | None = None
    s3_secret_key: SecretStr | None = None
    disk_plan_gb: int | None = Field(default=None, ge=1)
    buy_volume: bool = False
    backup_target: str | None = Field(default=None, min_length=1)
    backup_key: SecretStr | None = None
    backup_every_h: int = Field(default=24, ge=1, le=24 * 31)
    backup_keep_daily: int = Field(default=7, ge=1, le=3_650)
    backup_keep_weekly: int = Field(default=4, ge=0, le=520)
    ray_address: str = Field(default="local", min_length=1)
    hosts: Literal["few", "one-each"] = "few"
    gpu_budget_usd_per_month: float = Field(default=0, ge=0, le=100_000)
    gpu_session_h: float = Field(default=4, gt=0, le=24)
    gpu_wait_min: float = Field(default=30, gt=0, le=600)
    gpu_usd_per_h: float = Field(default=3.39, gt=0, le=1_000)
    gpu_if_dearer: bool = False
    train_every_sessions: int = Field(default=0, ge=0, le=10_000)
    update_every_sessions: int = Field(default=0, ge=0, le=10_000)
    regime_weights: Literal["fixed", "learned"] = "fixed"
    training_makes: Literal["challenger", "champion"] = "challenger"
    promotion: Literal["act", "tell"] = "act"
    spend_folder: Annotated[Path, AfterValidator(_absolute)] = Field(default=Path("~/.inplay"), validate_default=True)
    notify_urls: tuple[SecretStr, ...] = Field(default=(), max_length=20)
    notify_least: Severity = "warning"
    notify_quiet: str = Field(default="", pattern=r"^(([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d)?$")
    notify_time_zone: Annotated[str, AfterValidator(_time_zone)] = "America/New_York"
    notify_most_a_day: int = Field(default=20, ge=2, le=1_000)
    dead_man_url: Annotated[SecretStr, AfterValidator(_http_url)] | None = Field(default=None)
    budget_usd_per_month: float = Field(default=200, gt=0, le=1_000_000)
    approve: bool = False
    approve_url: Annotated[str, AfterValidator(_base_url)] | None = Field(default=None, min_length=1, max_length=200)
    approve_silence: Silence = "hold"
    approve_until_min: int = Field(default=30, ge=1, le=720)

    tbill_percent: float | None = Field(default=None, ge=0, le=100)
    reports_keep: int = Field(default=60, ge=1, le=100_000)

    risk: dict[str, float] = Field(default_factory=dict)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the base class names it
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments win over the environment, the environment over the file."""
        given = init_settings.init_kwargs if isinstance(init_settings, InitSettingsSource) else {}
        path = config_path(given.get("home"))
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=path)


def config_path(home: object = None) -> Path:
    """The TOML file that a run reads; it need not exist unless `INPLAY_CONFIG` names it."""
    named = os.environ.get("INPLAY_CONFIG")
    if named:
        return _absolute(Path(named))
    folder = home or os.environ.get("INPLAY_HOME") or "var"
    return _absolute(Path(str(folder))) / "inplay.toml"


def unknown_variables() -> list[str]:
    """Environment variables with our prefix that no setting reads: most likely misspelt."""
    known = {PREFIX + name.upper() for name in Settings.model_fields if name not in WITHOUT_PREFIX} | OTHER_VARIABLES
    known |= {f"{PREFIX}RISK_{name.upper()}" for name in LIMITS}
    return sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)


def read_settings(**given: Any) -> Settings:
    """The settings of this run.

    Args:
        given: values that win over the environment and the file, such as those of the command line.

    Raises:
        ConfigurationError: listing every wrong value, secrets left out.
    """
    try:
        path = config_path(given.get("home"))
    except ValueError as error:
        raise ConfigurationError(f"INPLAY_HOME or INPLAY_CONFIG: {error}. Nothing was started.") from None
    if os.environ.get("INPLAY_CONFIG") and not path.is_file():
        raise ConfigurationError(f"INPLAY_CONFIG names {path}, which is no file. Correct it or unset it.")
    try:
        settings = Settings(**given)
    except ValidationError as error:
        raise ConfigurationError(_readable(error, path)) from None
    except SettingsError as error:
        name = next((one for one in Settings.model_fields if f'"{one}"' in str(error)), "one of them")
        variable = name.upper() if name in WITHOUT_PREFIX else PREFIX + name.upper()
        raise ConfigurationError(
            f"{variable} isn't JSON, which a list or a table is written as in the environment, such as "
            """'["one", "two"]'. Nothing was started. Its value isn't shown, since it may hold a secret."""
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is no valid TOML: {error}. Nothing was started; correct the file.") from None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}. Correct its permissions.") from None
    check_limits(settings.risk)  # a wrong limit is told when settings are read, not when they are first used
    return settings


def _readable(error: ValidationError, path: Path) -> str:
    lines = ["Some settings are wrong; nothing was started."]
    for problem in error.errors(include_url=False, include_context=False):
        name = str(problem["loc"][0]) if problem["loc"] else "settings"
        variable = name.upper() if name in WITHOUT_PREFIX else PREFIX + name.upper()
        secret = name in SECRETS
        if problem["type"] == "extra_forbidden":
            lines.append(f"  {name} in {path}: no such setting; remove it or correct its spelling")
            continue
        shown = "" if secret else f" (it is {_without_user(repr(problem['input']))})"
        said = problem["msg"].removeprefix("Value error, ")
        lines.append(f"  {variable}, or {name} in {path}: {said[:1].lower()}{said[1:]}{shown}")
    return "\n".join(lines)
